import assert from "node:assert/strict";
import { join } from "node:path";

import { boundVariables, boundVolumes } from "../../../components/etl/bindings";
import { Collected, collect, sentinel } from "../../support/collect";

/** As much of a pod's spec as the tests look at. */
interface Pod {
    serviceAccountName: string;
    automountServiceAccountToken: boolean;
    securityContext: { runAsNonRoot: boolean; seccompProfile: { type: string } };
    topologySpreadConstraints?: unknown[];
    priorityClassName: string;
    nodeSelector: Record<string, string>;
    tolerations: object[];
    containers: Container[];
    initContainers?: Container[];
    volumes: { name: string; secret?: { secretName: string }; emptyDir?: { sizeLimit: string } }[];
}
interface Container {
    name: string;
    image: string;
    env: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }[];
    volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
    resources: { limits: object };
    securityContext: {
        allowPrivilegeEscalation: boolean;
        readOnlyRootFilesystem: boolean;
        capabilities: { drop: string[] };
    };
    readinessProbe?: object;
}
interface Template {
    metadata: { labels: Record<string, string>; annotations: Record<string, string> };
    spec: Pod;
}
type Spec<T> = { spec: T; metadata: { name: string; namespace: string } };

describe("the family of ETL workloads", () => {
    const program = join(__dirname, "../fixtures/etl.ts");
    let made: Collected;
    before(async () => {
        made = await collect({ program });
    });

    const job = (from = made) =>
        from.one("Job", "once").inputs as unknown as Spec<{
            backoffLimit: number;
            activeDeadlineSeconds: number;
            template: Template;
        }>;
    const cronJob = (name: string) =>
        made.one("CronJob", name).inputs as unknown as Spec<{
            concurrencyPolicy: string;
            jobTemplate: { spec: { template: Template } };
        }>;
    const deployment = (name: string) =>
        made.one("Deployment", name).inputs as unknown as Spec<{
            replicas?: number;
            template: Template;
            strategy: { rollingUpdate: object };
        }>;
    const templates = () => [
        job().spec.template,
        ...["often", "count"].map((name) => cronJob(name).spec.jobTemplate.spec.template),
        ...["api", "worker"].map((name) => deployment(name).spec.template),
    ];

    it("every container is restricted, limited, and can't write to its root", () => {
        for (const { spec } of templates()) {
            assert.equal(spec.securityContext.runAsNonRoot, true);
            assert.equal(spec.securityContext.seccompProfile.type, "RuntimeDefault");
            for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
                assert.deepEqual(container.securityContext, {
                    allowPrivilegeEscalation: false,
                    readOnlyRootFilesystem: true,
                    capabilities: { drop: ["ALL"] },
                });
                assert.deepEqual(container.resources.limits, { memory: "32Mi" });
                assert.ok(container.volumeMounts.some(({ mountPath }) => mountPath === "/tmp"));
            }
        }
    });

    it("every workload has a ServiceAccount of its own without a token", () => {
        for (const { spec } of templates()) {
            assert.equal(spec.automountServiceAccountToken, false);
            assert.equal(
                made.one("ServiceAccount", spec.serviceAccountName).inputs.automountServiceAccountToken,
                false,
            );
        }
        assert.equal(new Set(templates().map(({ spec }) => spec.serviceAccountName)).size, 5);
    });

    it("handles become settings and mounted credentials; values stay in Secrets", () => {
        const { spec } = cronJob("often").spec.jobTemplate.spec.template;
        const env = Object.fromEntries(spec.containers[0].env.map(({ name, value }) => [name, value]));
        assert.equal(env.KAFKA_BOOTSTRAP, "kafka.sandbox-streaming.svc:9093");
        assert.equal(env.S3_ENDPOINT, "https://minio.sandbox-storage.svc:9000");
        const mounted = spec.volumes.flatMap(({ secret }) => (secret ? [secret.secretName] : [])).sort();
        assert.deepEqual(mounted, ["kafka-user-land", "minio-user-land", "platform-ca"]);
        assert.ok(templates().every((template) => !JSON.stringify(template).includes(sentinel)));
    });

    it("each system's certificate can be verified: by one file, of which only the certificate is mounted", () => {
        const { spec } = cronJob("often").spec.jobTemplate.spec.template;
        const env = Object.fromEntries(spec.containers[0].env.map(({ name, value }) => [name, value]));
        assert.equal(env.KAFKA_SECURITY_PROTOCOL, "SASL_SSL");
        for (const name of ["KAFKA_CA_FILE", "S3_CA_FILE"]) assert.equal(env[name], "/etc/data-platform/ca/ca.crt");
        assert.deepEqual(
            spec.volumes.filter(({ secret }) => secret?.secretName === "platform-ca"),
            [
                {
                    name: "ca",
                    secret: {
                        secretName: "platform-ca",
                        items: [{ key: "ca.crt", path: "ca.crt" }],
                        defaultMode: 0o440,
                    },
                },
            ],
        );
        const mount = spec.containers[0].volumeMounts.find(({ name }) => name === "ca");
        assert.equal(mount?.mountPath, "/etc/data-platform/ca");
        assert.equal(mount.readOnly, true);
    });

    it("a Secret is copied into the workloads' namespace once, however many use it", () => {
        const copies = made
            .all("Secret")
            .filter(({ inputs }) => (inputs as unknown as Spec<never>).metadata.namespace === "sandbox-jobs");
        assert.deepEqual(copies.map(({ name }) => name).sort(), [
            "kafka-user-ingest.sandbox-jobs",
            "kafka-user-land.sandbox-jobs",
            "minio-root.sandbox-jobs",
            "minio-user-land.sandbox-jobs",
        ]);
        for (const { secretPaths } of copies) assert.deepEqual(secretPaths, ["stringData"]);
    });

    it("variables and volumes of the handles are those that no author may have", () => {
        const handle = { from: { identity: () => undefined }, as: "land" };
        const args = { stream: handle, store: handle } as unknown as Parameters<typeof boundVariables>[0];
        const { spec } = cronJob("often").spec.jobTemplate.spec.template;
        const bound = spec.containers[0].env.map(({ name }) => name).filter((name) => name !== "HOME");
        assert.deepEqual(
            bound.filter((name) => !(name in boundVariables(args))),
            [],
        );
        const mounts = spec.containers[0].volumeMounts.map(({ name, mountPath }) => `${name} ${mountPath}`);
        const known = boundVolumes(args).map(({ name, mountPath }) => `${name} ${mountPath}`);
        assert.deepEqual(
            mounts.filter((mount) => !known.includes(mount)),
            ["tmp /tmp"],
        );
        assert.ok(bound.length > 8 && mounts.length > 3);
    });

    it("a Job takes arguments, environment, secrets, init containers, volumes, retries and a deadline", () => {
        const { backoffLimit, activeDeadlineSeconds, template } = job().spec;
        assert.deepEqual([backoffLimit, activeDeadlineSeconds], [5, 60]);
        const [container] = template.spec.containers;
        assert.ok(container.env.some(({ name, value }) => name === "MODE" && value === "full"));
        assert.deepEqual(container.env.find(({ name }) => name === "TOKEN")?.valueFrom, {
            secretKeyRef: { name: "minio-root", key: "rootPassword" },
        });
        assert.equal(template.spec.initContainers?.[0].image, "registry.example.com/etl:1");
        assert.deepEqual(
            container.volumeMounts.map(({ name, readOnly = false }) => [name, readOnly]),
            [
                ["tmp", false],
                ["kafka-credentials", true],
                ["ca", true],
                ["work", false],
                ["models", true],
                ["settings", true],
            ],
        );
    });

    it("a Job has another name when what it runs is another, and only then", async () => {
        const again = await collect({ program });
        const config = { "data-platform:profile": "sandbox", "test:image": "registry.example.com/etl:2" };
        const changed = await collect({ program, config });
        assert.match(job().metadata.name, /^once-[0-9a-f]{8}$/);
        assert.equal(job(again).metadata.name, job().metadata.name);
        assert.notEqual(job(changed).metadata.name, job().metadata.name);
        assert.equal(made.one("Job", "once").deleteBeforeReplace, true);
    });

    it("a Job that has failed is run again by the next update", () => {
        const { annotations } = made.one("Job", "once").inputs.metadata as { annotations: Record<string, string> };
        assert.equal(annotations["pulumi.com/replaceUnready"], "true");
    });

    it("a workload waits for the systems that it uses", () => {
        const needs = made.one("CronJob", "often").dependencies.map((urn) => urn.split("::").slice(-1)[0]);
        for (const name of [
            "minio",
            "kafka",
            "minio-user-land.sandbox-jobs",
            "kafka-user-land.sandbox-jobs",
            "platform-ca.sandbox-jobs",
            "often",
        ]) {
            assert.ok(needs.includes(name), `it doesn't wait for ${name}`);
        }
    });

    it("a NetworkPolicy opens the way to what a workload uses and nothing else", () => {
        const egress = (name: string) =>
            (made.one("NetworkPolicy", name).inputs as unknown as Spec<{ ingress: unknown[]; egress: object[] }>).spec;
        assert.deepEqual(egress("once").ingress, []);
        assert.deepEqual(egress("once").egress, [
            {
                to: [
                    {
                        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "sandbox-streaming" } },
                        podSelector: {
                            matchLabels: {
                                "app.kubernetes.io/name": "kafka",
                                "app.kubernetes.io/instance": "kafka",
                                "app.kubernetes.io/component": "node",
                            },
                        },
                    },
                ],
                ports: [{ protocol: "TCP", port: 9093 }],
            },
            { to: [{ ipBlock: { cidr: "203.0.113.0/24" } }], ports: [{ protocol: "TCP", port: 443 }] },
        ]);
        assert.deepEqual(egress("api").egress, []);
        const peer = (labels: object, name: string) => ({
            namespaceSelector: { matchLabels: labels },
            podSelector: { matchLabels: { [`data-platform.io/uses-${name}`]: "true" } },
        });
        const ports = [{ protocol: "TCP", port: 8080 }];
        assert.deepEqual(egress("api").ingress, [
            { from: [peer({ "data-platform.io/stack": "sandbox" }, "api")], ports },
        ]);
        const { labels } = deployment("api").spec.template.metadata;
        const selected = { name: labels["app.kubernetes.io/name"], instance: labels["app.kubernetes.io/instance"] };
        assert.deepEqual(egress("count").egress.at(-1), {
            to: [
                {
                    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "sandbox-jobs" } },
                    podSelector: {
                        matchLabels: {
                            "app.kubernetes.io/name": selected.name,
                            "app.kubernetes.io/instance": selected.instance,
                        },
                    },
                },
            ],
            ports,
        });
    });

    it("pods carry the labels that let them in to what they use", () => {
        const label = (name: string) => cronJob(name).spec.jobTemplate.spec.template.metadata.labels;
        assert.equal(label("often")["data-platform.io/uses-kafka"], "true");
        assert.equal(label("count")["data-platform.io/uses-kafka"], undefined);
        assert.equal(label("count")["data-platform.io/uses-minio"], "true");
        assert.equal(label("count")["data-platform.io/uses-api"], "true");
    });

    it("a workload is batch work unless people wait for it, and may ask for more of its nodes", () => {
        const placed = ({ spec }: Template) => [spec.priorityClassName, spec.nodeSelector, spec.tolerations];
        const batch = { key: "batch", operator: "Exists" };
        const { template: often } = cronJob("often").spec.jobTemplate.spec;
        assert.deepEqual(placed(often), ["data-platform-batch", { pool: "batch" }, [batch]]);
        assert.deepEqual(placed(job().spec.template), [
            "data-platform-critical",
            { pool: "batch", accelerator: "gpu" },
            [batch, { key: "gpu", operator: "Exists" }],
        ]);
    });

    it("autoscalers may move a service's pods, and no run", () => {
        const hint = ({ metadata }: Template) => metadata.annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"];
        assert.deepEqual(templates().map(hint), ["false", "false", "false", "true", "true"]);
        assert.equal(job().spec.template.metadata.annotations["karpenter.sh/do-not-disrupt"], "true");
    });

    it("a scheduled workload never runs twice at once", () =>
        assert.equal(cronJob("often").spec.concurrencyPolicy, "Forbid"));

    it("a service is replaced without a gap, spread out and guarded when it has two pods", () => {
        const { replicas, strategy, template } = deployment("api").spec;
        assert.equal(replicas, 2);
        assert.deepEqual(strategy.rollingUpdate, { maxUnavailable: 0, maxSurge: 1 });
        assert.equal(template.spec.topologySpreadConstraints?.length, 2);
        assert.ok(template.spec.containers[0].readinessProbe);
        assert.match(JSON.stringify(template.spec.containers[0]), /"preStop":{"sleep":{"seconds":5}}/);
        const { spec } = made.one("PodDisruptionBudget", "api").inputs as unknown as Spec<{ maxUnavailable: number }>;
        assert.equal(spec.maxUnavailable, 1);
        assert.equal(made.all("Service").length, 1);
    });

    it("an autoscaled service leaves the number of its pods to the autoscaler", () => {
        assert.equal(deployment("worker").spec.replicas, undefined);
        const { spec } = made.one("HorizontalPodAutoscaler", "worker").inputs as unknown as Spec<{
            maxReplicas: number;
        }>;
        assert.equal(spec.maxReplicas, 4);
    });
});
