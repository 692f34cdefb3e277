import assert from "node:assert/strict";

import {
    find,
    full,
    type Labels,
    needHelm,
    type PodTemplate,
    refusal,
    render,
    type Rendered,
    selects,
    template,
} from "../../support/charts";

const env = ({ spec }: PodTemplate) =>
    Object.fromEntries((spec.containers[0].env ?? []).map((one) => [one.name, one.value]));

/** The files of a pod's mounted Secrets, as "path: Secret/key". */
function files({ spec }: PodTemplate): string[] {
    const { projected } = spec.volumes?.find(({ name }) => name === "secrets") as unknown as {
        projected: { sources: { secret: { name: string; items: { key: string; path: string }[] } }[] };
    };
    return projected.sources.flatMap(({ secret: { name, items } }) =>
        items.map(({ key, path }) => `${path}: ${name}/${key}`),
    );
}

describe("chart mlflow", () => {
    let objects: Rendered[];
    before(needHelm);
    before(async () => {
        objects = await render("mlflow", full.mlflow);
    });

    it("prepares databases and users before the server is there or replaced, with what that needs", () => {
        const hooks = objects.filter(({ metadata }) => metadata.annotations?.["helm.sh/hook"]);
        assert.deepEqual(hooks.map(({ kind }) => kind).sort(), ["Job", "NetworkPolicy", "ServiceAccount"]);
        for (const { kind, metadata } of hooks) {
            assert.equal(metadata.name, "mlflow-setup");
            assert.equal(metadata.annotations?.["helm.sh/hook"], "pre-install,pre-upgrade", kind);
            const weight = Number(metadata.annotations["helm.sh/hook-weight"] ?? 0);
            assert.equal(weight < 0, kind !== "Job", "what the job needs comes first");
            assert.match(metadata.annotations["helm.sh/hook-delete-policy"], /^before-hook-creation/);
        }
    });

    it("gives each pod the Secrets that it works with, and no other", () => {
        const both = [
            "admin/password: the-admin/password",
            "admin/username: the-admin/username",
            "auth-database/uri: database-of-users/uri",
            "database/uri: database-of-runs/uri",
        ];
        assert.deepEqual(files(template(objects, "mlflow")).sort(), [
            ...both,
            "keys/flaskSecretKey: the-keys/flaskSecretKey",
            "store/credentials: the-store/credentials",
        ]);
        assert.deepEqual(files(template(objects, "mlflow-setup")).sort(), [
            ...both,
            "users/score/password: user-score/password",
            "users/score/username: user-score/username",
            "users/train/password: user-train/password",
            "users/train/username: user-train/username",
        ]);
    });

    it("writes the file with a password into memory", () => {
        for (const pod of ["mlflow", "mlflow-setup"]) {
            const { volumes, containers } = template(objects, pod).spec;
            const run = volumes?.find(({ name }) => name === "run") as unknown as { emptyDir: { medium: string } };
            assert.equal(run.emptyDir.medium, "Memory");
            assert.ok(containers[0].volumeMounts?.some((mount) => mount.mountPath === "/run/mlflow"));
        }
        assert.ok(!objects.some(({ kind }) => kind === "ConfigMap"));
    });

    it("tells the job who may do what", () => {
        assert.deepEqual(JSON.parse(env(template(objects, "mlflow-setup")).PLATFORM_USERS ?? ""), [
            { name: "train", permission: "EDIT" },
            { name: "score", permission: "READ" },
        ]);
    });

    it("answers to its names in the cluster, to localhost and to what is said, and to no other", () => {
        const { MLFLOW_SERVER_ALLOWED_HOSTS: hosts, MLFLOW_SERVER_CORS_ALLOWED_ORIGINS: origins } = env(
            template(objects, "mlflow"),
        );
        const inside = ["mlflow", "mlflow.test-ns", "mlflow.test-ns.svc", "mlflow.test-ns.svc.cluster.local"];
        assert.deepEqual(
            hosts?.split(","),
            [...inside, "localhost", "127.0.0.1", "mlflow.example.com"]
                .flatMap((host) => [host, `${host}:*`])
                .concat("*.example.org:8443"),
        );
        assert.deepEqual(origins?.split(","), [
            "https://mlflow.example.com",
            "https://mlflow.example.com:*",
            "https://*.example.org:8443",
        ]);
    });

    it("verifies the store by the authority that is named, and only by TLS", async () => {
        const named = env(template(await render("mlflow"), "mlflow"));
        assert.equal(named.AWS_CA_BUNDLE, "/etc/data-platform/ca/ca.crt");
        assert.equal(named.PLATFORM_ARTIFACTS_DESTINATION, "s3://models");
        assert.ok(!("AWS_CA_BUNDLE" in env(template(objects, "mlflow"))), "a public authority");
        const plain = { artifacts: { bucket: "models", endpoint: "http://minio:9000", existingSecret: "the-store" } };
        assert.match(await refusal("mlflow", plain), /artifacts\/endpoint|artifacts.endpoint/);
    });

    it("loses no request when its pods are replaced, and can be drained", async () => {
        const { strategy, template: pod } = find(objects, "Deployment", "mlflow").spec as {
            strategy: { rollingUpdate: unknown };
            template: PodTemplate;
        };
        assert.deepEqual(strategy.rollingUpdate, { maxUnavailable: 0, maxSurge: 1 });
        assert.ok(JSON.stringify(pod.spec.containers[0]).includes("preStop"));
        assert.deepEqual(pod.spec.topologySpreadConstraints, full.mlflow.topologySpreadConstraints);
        const budget = find(objects, "PodDisruptionBudget", "mlflow").spec;
        assert.equal(budget.maxUnavailable, 1);
        const server = template(objects, "mlflow").metadata.labels;
        assert.ok(selects((budget.selector as { matchLabels: Labels }).matchLabels, server));
        const kinds = (await render("mlflow")).map(({ kind }) => kind);
        assert.ok(!kinds.includes("PodDisruptionBudget") && !kinds.includes("HorizontalPodAutoscaler"));
    });

    it("leaves the number of servers to the autoscaler, if there is one", async () => {
        const { minReplicas, maxReplicas, metrics, scaleTargetRef } = find(
            objects,
            "HorizontalPodAutoscaler",
            "mlflow",
        ).spec;
        assert.deepEqual([minReplicas, maxReplicas], [2, 5]);
        assert.deepEqual(scaleTargetRef, { apiVersion: "apps/v1", kind: "Deployment", name: "mlflow" });
        const target = { type: "Utilization", averageUtilization: 60 };
        assert.deepEqual(metrics, [{ type: "Resource", resource: { name: "cpu", target } }]);
        assert.equal(find(objects, "Deployment", "mlflow").spec.replicas, undefined);
        assert.equal(find(await render("mlflow", { replicas: 3 }), "Deployment", "mlflow").spec.replicas, 3);
    });

    it("lets autoscalers move what the values let them, and the job never", async () => {
        const hint = "cluster-autoscaler.kubernetes.io/safe-to-evict";
        const moved = await render("mlflow", { podAnnotations: { [hint]: "true" } });
        assert.equal(template(moved, "mlflow").metadata.annotations[hint], "true");
        assert.equal(template(moved, "mlflow-setup").metadata.annotations[hint], "false");
        assert.equal(template(objects, "mlflow").metadata.annotations[hint], undefined);
    });

    it("asks its health by TLS", () => {
        const [container] = template(objects, "mlflow").spec.containers;
        for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
            assert.deepEqual(probe?.httpGet, { path: "/health", port: "https", scheme: "HTTPS" });
        }
    });

    it("lets both pods out to what is named", () => {
        for (const name of ["mlflow", "mlflow-setup"]) {
            const { egress } = find(objects, "NetworkPolicy", name).spec as { egress: unknown[] };
            assert.deepEqual(egress.slice(1), full.mlflow.egress);
            assert.match(JSON.stringify(egress[0]), /"k8s-app":"kube-dns"/, "names are looked up at the DNS only");
        }
    });

    it("refuses users of one name and permissions that there aren't", async () => {
        const user = { name: "train", existingSecret: "a", permission: "EDIT" };
        assert.match(await refusal("mlflow", { users: [user, user] }), /two entries are named "train"/);
        assert.match(await refusal("mlflow", { users: [{ ...user, permission: "WRITE" }] }), /permission/);
    });
});
