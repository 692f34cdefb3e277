import { bundleOf, type Bundle } from "../../checks/bundle";
import { type Manifest } from "../../kubernetes/objects";
import { type Finding, type CheckReport } from "../../checks/finding";

/** Objects as they stand in a tree, laid out for the checks; removed after the test that asked for them. */
export async function laidOut(...manifests: Manifest[]): Promise<Bundle> {
    const made = await bundleOf(
        "bad",
        manifests.map((manifest) => ({ manifest, origin: `${manifest.kind}.${manifest.metadata.name}.yaml` })),
    );
    leftovers.push(made);
    return made;
}

const leftovers: Bundle[] = [];

afterEach("what was laid out goes", async () => {
    for (const each of leftovers.splice(0)) await each.remove();
});

/** Findings of one tool on some objects, as `check object`. */
export async function found(
    tool: (bundle: Bundle) => Promise<CheckReport>,
    ...manifests: Manifest[]
): Promise<{ checks: string[]; findings: Finding[]; unchecked: string[] }> {
    const { findings, unchecked } = await tool(await laidOut(...manifests));
    return { checks: findings.map(({ check, object }) => `${check} ${object}`), findings, unchecked };
}

/** A container that no tool has anything against. */
export const goodContainer = {
    name: "main",
    image: "registry.example.com/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    imagePullPolicy: "Always",
    resources: {
        requests: { cpu: "100m", memory: "64Mi", "ephemeral-storage": "16Mi" },
        limits: { cpu: "100m", memory: "64Mi", "ephemeral-storage": "16Mi" },
    },
    securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
        runAsUser: 10001,
        runAsGroup: 10001,
        seccompProfile: { type: "RuntimeDefault" },
    },
    livenessProbe: { tcpSocket: { port: 8080 } },
    readinessProbe: { httpGet: { path: "/ready", port: 8080 } },
};

const labels = { "app.kubernetes.io/name": "app" };

/** A pod spec that no tool has anything against. */
export const goodPodSpec = {
    automountServiceAccountToken: false,
    serviceAccountName: "app",
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    containers: [goodContainer],
};

/** A pod that no tool has anything against, next to `goodPolicy`. */
export function goodPod(spec: Record<string, unknown> = {}): Manifest {
    return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "app", namespace: "apps", labels },
        spec: { ...goodPodSpec, ...spec },
    };
}

/** The policy that isolates `goodPod`. */
export const goodPolicy: Manifest = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "app", namespace: "apps" },
    spec: { podSelector: { matchLabels: labels }, policyTypes: ["Ingress", "Egress"] },
};

/** A Spark application; its driver runs with whatever is given here. */
export function sparkApplication(securityContext: Record<string, unknown>): Manifest {
    const role = (context: Record<string, unknown>) => ({
        cores: 1,
        coreLimit: "1",
        memory: "512m",
        serviceAccount: "spark",
        securityContext: context,
        template: { spec: { automountServiceAccountToken: false, securityContext: goodPodSpec.securityContext } },
    });
    return {
        apiVersion: "sparkoperator.k8s.io/v1beta2",
        kind: "SparkApplication",
        metadata: { name: "job", namespace: "apps" },
        spec: {
            type: "Python",
            mode: "cluster",
            sparkVersion: "4.0.4",
            image: goodContainer.image,
            imagePullPolicy: "Always",
            mainApplicationFile: "local:///job.py",
            driver: role(securityContext),
            executor: { ...role(goodContainer.securityContext), instances: 1 },
        },
    };
}

/** The context that a Spark driver should have. */
export const goodContext = goodContainer.securityContext;
