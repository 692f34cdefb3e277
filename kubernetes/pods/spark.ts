import { at, isRecord, listAt, type Manifest, mapAt } from "../objects";
import { defined, pod, podOfTemplate } from "./pod";

/** The container that Spark runs in, by role. */
const containers = { driver: "spark-kubernetes-driver", executor: "spark-kubernetes-executor" };

type Role = keyof typeof containers;

/** Fields of a role that the operator copies into the pod, over what its template says. */
const podFields: Record<string, string> = {
    affinity: "affinity",
    dnsConfig: "dnsConfig",
    hostNetwork: "hostNetwork",
    nodeSelector: "nodeSelector",
    podSecurityContext: "securityContext",
    priorityClassName: "priorityClassName",
    schedulerName: "schedulerName",
    serviceAccount: "serviceAccountName",
    shareProcessNamespace: "shareProcessNamespace",
    terminationGracePeriodSeconds: "terminationGracePeriodSeconds",
    tolerations: "tolerations",
    hostAliases: "hostAliases",
};

/** Fields of a role that go into the container in which Spark runs. */
const containerFields: Record<string, string> = { securityContext: "securityContext", lifecycle: "lifecycle" };

/** The pods that Spark makes of an application: its driver, and one executor for all. */
export function sparkPods(application: Manifest): Manifest[] {
    const spec =
        application.kind === "ScheduledSparkApplication"
            ? mapAt(application, "spec", "template")
            : mapAt(application, "spec");
    return (["driver", "executor"] as const).map((role) => sparkPod(application, spec, role));
}

function sparkPod({ metadata }: Manifest, spec: Record<string, unknown>, role: Role): Manifest {
    const part = mapAt(spec, role);
    const name = `${metadata.name}-${role}`;
    const template = podOfTemplate(part.template, name, metadata.namespace);
    const inTemplate = mapAt(template, "spec");
    const [own, others] = split(listAt(inTemplate, "containers"), containers[role]);
    const container = {
        ...own,
        name: containers[role],
        image: part.image ?? spec.image ?? own.image,
        imagePullPolicy: spec.imagePullPolicy ?? own.imagePullPolicy,
        ...picked(part, containerFields),
        env: [...listAt(own, "env"), ...listAt(part, "env"), ...fromMap(mapAt(part, "envVars"))],
        envFrom: listOrNothing(own, part, "envFrom"),
        ports: [...sparkPorts(spec, role), ...listAt(own, "ports"), ...listAt(part, "ports")],
        volumeMounts: [...listAt(own, "volumeMounts"), ...listAt(part, "volumeMounts")],
        resources: resources(spec, part),
    };
    return pod({
        name,
        namespace: metadata.namespace,
        labels: {
            ...mapAt(template, "metadata", "labels"),
            ...mapAt(part, "labels"),
            "spark-role": role,
            "spark-app-name": metadata.name,
            "sparkoperator.k8s.io/app-name": metadata.name,
            "sparkoperator.k8s.io/launched-by-spark-operator": "true",
        },
        annotations: { ...mapAt(template, "metadata", "annotations"), ...mapAt(part, "annotations") },
        spec: {
            ...inTemplate,
            ...picked(part, podFields),
            ...(spec.nodeSelector && !part.nodeSelector ? { nodeSelector: spec.nodeSelector } : {}),
            restartPolicy: "Never",
            initContainers: listOrNothing(inTemplate, part, "initContainers"),
            containers: [defined(container), ...others, ...listAt(part, "sidecars")],
            volumes: [...listAt(inTemplate, "volumes"), ...listAt(spec, "volumes")],
        },
    });
}

/** Spark's own container of a template, which is the first where none has its name, and the others. */
function split(all: Record<string, unknown>[], name: string): [Record<string, unknown>, Record<string, unknown>[]] {
    const own = all.find((each) => each.name === name) ?? all[0] ?? {};
    return [own, all.filter((each) => each !== own)];
}

function picked(part: Record<string, unknown>, fields: Record<string, string>): Record<string, unknown> {
    return Object.fromEntries(
        Object.entries(fields).flatMap(([from, to]) => (part[from] === undefined ? [] : [[to, part[from]]])),
    );
}

function listOrNothing(own: unknown, part: unknown, key: string): Record<string, unknown>[] | undefined {
    const all = [...listAt(own, key), ...listAt(part, key)];
    return all.length ? all : undefined;
}

function fromMap(map: Record<string, unknown>): Record<string, unknown>[] {
    return Object.entries(map).map(([name, value]) => ({ name, value }));
}

/** The ports that Spark names in its pods: by its settings, or its own. */
function sparkPorts(spec: Record<string, unknown>, role: Role): Record<string, unknown>[] {
    const conf = mapAt(spec, "sparkConf");
    const port = (name: string, key: string, usual: number) => ({
        name,
        containerPort: Number(conf[key] ?? conf["spark.blockManager.port"] ?? usual),
        protocol: "TCP",
    });
    if (role === "executor") return [port("blockmanager", "spark.blockManager.port", 7079)];
    return [
        { name: "driver-rpc-port", containerPort: Number(conf["spark.driver.port"] ?? 7078), protocol: "TCP" },
        port("blockmanager", "spark.driver.blockManager.port", 7079),
        ...(conf["spark.ui.enabled"] === "false"
            ? []
            : [{ name: "spark-ui", containerPort: Number(conf["spark.ui.port"] ?? 4040), protocol: "TCP" }]),
    ];
}

/** Spark writes the container's resources itself: memory with its overhead as request and limit alike. */
function resources(spec: Record<string, unknown>, part: Record<string, unknown>): Record<string, unknown> {
    const heap = mebibytes(part.memory) ?? 1024;
    const share = Number(spec.memoryOverheadFactor ?? (spec.type === "Python" || spec.type === "R" ? 0.4 : 0.1));
    const overhead = mebibytes(part.memoryOverhead) ?? Math.max(384, Math.ceil(heap * share));
    const memory = `${heap + overhead}Mi`;
    const cpu = at(part, "coreRequest") ?? at(part, "cores") ?? 1;
    const template = listAt(part, "template", "spec", "containers")[0]?.resources;
    // What Spark doesn't write is the template's.
    const kept = (key: string) => (isRecord(template) ? mapAt(template, key) : {});
    return {
        requests: { ...kept("requests"), cpu: String(cpu as string | number), memory },
        limits: { ...kept("limits"), ...(part.coreLimit ? { cpu: part.coreLimit } : {}), memory },
    };
}

/** A size as Java writes it (`512m`, `2g`; a bare number is MiB) in MiB. */
function mebibytes(size: unknown): number | undefined {
    if (size === undefined) return undefined;
    const found = /^(\d+)([kmgt])?i?b?$/i.exec(String(size as string | number));
    if (!found) return undefined;
    const unit = { k: 1 / 1024, m: 1, g: 1024, t: 1024 * 1024 }[(found[2] ?? "m").toLowerCase()] ?? 1;
    return Math.ceil(Number(found[1]) * unit);
}
