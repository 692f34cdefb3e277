import assert from "node:assert/strict";
import { join } from "node:path";

import { podFacts } from "../../../components/admission/facts";
import { problemsOf } from "../../../components/declarations";
import { jobDeclaration } from "../../../components/etl/declaration";
import { placements } from "../../../components/placement";
import { Collected, collect } from "../../support/collect";

interface Container {
    name: string;
    restartPolicy?: string;
    securityContext: object;
    volumeMounts: { name: string; mountPath: string }[];
    resources: { requests: Record<string, string>; limits: Record<string, string> };
}
interface Template {
    metadata: { annotations: Record<string, string>; labels: Record<string, string>; namespace?: string };
    spec: Record<string, unknown> & {
        containers: Container[];
        initContainers: Container[];
        volumes: Record<string, unknown>[];
    };
}
type Kind = "EtlJob" | "EtlTask" | "EtlCronJob" | "EtlService" | "SparkBatch";

const kinds: Kind[] = ["EtlJob", "EtlTask", "EtlCronJob", "EtlService", "SparkBatch"];

const declare = (kind: Kind, args: object): Promise<Collected> =>
    collect({
        program: join(__dirname, "../fixtures/declarations.ts"),
        config: { "test:declarations": JSON.stringify([{ kind, name: "own", args }]) },
    });

/** Pods of a declaration: one, or driver and executor. */
async function podsOf(kind: Kind, args: object): Promise<Template[]> {
    const made = await declare(kind, args);
    const spec = (type: string) => made.one(type, "own").inputs.spec as Record<string, unknown>;
    switch (kind) {
        case "EtlJob":
            return [spec("Job").template as Template];
        case "EtlService":
            return [spec("Deployment").template as Template];
        case "EtlCronJob":
            return [(spec("CronJob") as { jobTemplate: { spec: { template: Template } } }).jobTemplate.spec.template];
        case "EtlTask":
            return [(made.outputs.tasks as Template[])[0]];
        case "SparkBatch": {
            const { driver, executor } = spec("SparkApplication") as Record<string, { template: Template }>;
            return [driver.template, executor.template];
        }
    }
}

const only = async (kind: Kind, args: object) => (await podsOf(kind, args))[0];
const resources = { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "32Mi" } };

describe("what the pods of workloads may be told", function () {
    this.timeout(60_000);

    for (const kind of kinds) {
        it(`${kind}: size of /tmp, annotations, host aliases, spread`, async () => {
            const pods = await podsOf(kind, {
                tmpSize: "4096Mi",
                podAnnotations: { "sidecar.istio.io/inject": "false", "prometheus.io/port": "9090" },
                hostAliases: [{ ip: "203.0.113.7", hostnames: ["erp.example.com", "erp"] }],
                topologySpread: [{ topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule" }],
                ...(kind === "EtlService" ? { replicas: 2 } : {}),
            });
            for (const { metadata, spec } of pods) {
                assert.deepEqual(
                    spec.volumes.find(({ name }) => name === "tmp"),
                    { name: "tmp", emptyDir: { sizeLimit: "4Gi" } },
                );
                assert.equal(metadata.annotations["sidecar.istio.io/inject"], "false");
                assert.equal(metadata.annotations["prometheus.io/port"], "9090");
                assert.ok("cluster-autoscaler.kubernetes.io/safe-to-evict" in metadata.annotations);
                assert.deepEqual(spec.hostAliases, [{ ip: "203.0.113.7", hostnames: ["erp.example.com", "erp"] }]);
                const [{ labelSelector, ...constraint }, ...more] = spec.topologySpreadConstraints as {
                    labelSelector: { matchLabels: Record<string, string> };
                }[];
                assert.deepEqual(more, []);
                assert.deepEqual(constraint, {
                    ...{ maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule" },
                });
                for (const [key, value] of Object.entries(labelSelector.matchLabels))
                    assert.equal(metadata.labels[key], value);
            }
        });

        it(`${kind}: annotations of its account, of which its pods know`, async () => {
            const role = { "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/own" };
            const made = await declare(kind, { accountAnnotations: role });
            const { annotations } = made.one("ServiceAccount", "own").inputs.metadata as Record<string, object>;
            assert.deepEqual(annotations, role);
            for (const pod of await podsOf(kind, { accountAnnotations: role })) {
                assert.equal(pod.metadata.annotations["data-platform.io/token-audience"], "sts.amazonaws.com");
                assert.match(pod.metadata.annotations["data-platform.io/rotation-account"], /^[0-9a-f]+$/);
            }
        });
    }

    it("without them: nothing of the kind", async () => {
        for (const kind of kinds) {
            for (const { metadata, spec } of await podsOf(kind, {})) {
                assert.ok(!("hostAliases" in spec) && !("topologySpreadConstraints" in spec));
                assert.deepEqual(
                    Object.keys(metadata.annotations).filter((key) => key.startsWith("data-platform.io/")),
                    [],
                );
            }
        }
    });

    it("accounts of other clouds: Azure's label and token; Google's has none", async () => {
        const azure = await only("EtlTask", { accountAnnotations: { "azure.workload.identity/client-id": "0-1" } });
        assert.equal(azure.metadata.labels["azure.workload.identity/use"], "true");
        assert.deepEqual(podFacts(azure).reads, ["token:api://AzureADTokenExchange"]);
        const google = await only("EtlTask", {
            accountAnnotations: { "iam.gke.io/gcp-service-account": "own@project.iam.gserviceaccount.com" },
        });
        assert.deepEqual(podFacts(google).reads, []);
    });

    it("an account that the object store knows as well: other annotations are added, the same and another token refused", () => {
        const identity = { annotations: { "eks.amazonaws.com/role-arn": "a" }, env: {}, audience: "sts.amazonaws.com" };
        const from = { identity: () => ({ ...identity, secretVersion: "1" }), credentials: () => undefined, peers: [] };
        const problems = (accountAnnotations: Record<string, string>) => {
            const args = {
                ...{
                    namespace: { name: "jobs", ready: {} },
                    image: "a:1",
                    command: ["run"],
                    resources,
                    accountAnnotations,
                },
                ...{ placements: placements({ platform: {}, batch: {} }), store: { from, as: "land" } },
            };
            return problemsOf(jobDeclaration("own", args as never)).map(
                ({ argument, message }) => `${argument} ${message}`,
            );
        };
        assert.deepEqual(problems({ "iam.gke.io/gcp-service-account": "x" }), []);
        assert.match(problems({ "eks.amazonaws.com/role-arn": "b" }).join(), /role-arn"\] is set by the identity/);
        assert.match(
            problems({ "azure.workload.identity/client-id": "1" }).join(),
            /^accountAnnotations makes a token for api:\/\/AzureADTokenExchange, and .* sts\.amazonaws\.com/,
        );
    });

    it("a token for somebody else, which the admission policies know", async () => {
        const audience = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/k";
        const volume = { kind: "token", name: "google", mountPath: "/var/run/google", audience };
        const pod = await only("EtlTask", { volumes: [volume] });
        const serviceAccountToken = { audience, expirationSeconds: 3600, path: "token" };
        assert.deepEqual(
            pod.spec.volumes.find(({ name }) => name === "google"),
            { name: "google", projected: { sources: [{ serviceAccountToken }], defaultMode: 0o440 } },
        );
        assert.deepEqual(podFacts(pod).reads, [`token:${audience}`]);
    });

    it("devices and space on the node's disk, of the workload and of what runs before it", async () => {
        const more = {
            requests: { cpu: "1", memory: "1024Mi", "ephemeral-storage": "1024Mi" },
            limits: { memory: "2Gi", "ephemeral-storage": "2Gi", "nvidia.com/gpu": 1 },
        };
        const { spec } = await only("EtlJob", {
            resources: more,
            initContainers: [{ name: "fetch", command: ["f"], resources: more }],
        });
        for (const container of [...spec.containers, ...spec.initContainers]) {
            assert.deepEqual(container.resources, {
                requests: { cpu: "1", memory: "1Gi", "ephemeral-storage": "1Gi" },
                limits: { memory: "2Gi", "ephemeral-storage": "2Gi", "nvidia.com/gpu": "1" },
            });
        }
    });

    it("Spark: devices, disk, and scratch space on the node or on a claim that goes with the pod", async () => {
        const [driver, executor] = await podsOf("SparkBatch", {
            driver: { memory: "1g", scratch: { sizeLimit: "5Gi" } },
            executor: {
                memory: "1g",
                devices: { "nvidia.com/gpu": 2 },
                ephemeralStorage: "10Gi",
                scratch: { sizeLimit: "100Gi", storageClass: "fast-ssd" },
            },
        });
        const { requests, limits } = executor.spec.containers[0].resources;
        assert.equal(limits["nvidia.com/gpu"], "2");
        assert.deepEqual([requests["ephemeral-storage"], limits["ephemeral-storage"]], ["10Gi", "10Gi"]);
        assert.ok(!("nvidia.com/gpu" in driver.spec.containers[0].resources.limits));
        const name = "spark-local-dir-1";
        for (const { spec } of [driver, executor]) {
            // By the beginning of this name Spark knows it for its own (LocalDirsFeatureStep).
            assert.deepEqual(
                spec.containers[0].volumeMounts.filter((mount) => mount.name === name),
                [{ name, mountPath: "/var/data/spark-local-dir-1" }],
            );
        }
        const volume = ({ spec }: Template) => spec.volumes.find((each) => each.name === name);
        assert.deepEqual(volume(driver), { name, emptyDir: { sizeLimit: "5Gi" } });
        const spec = {
            ...{ accessModes: ["ReadWriteOnce"], storageClassName: "fast-ssd" },
            resources: { requests: { storage: "100Gi" } },
        };
        assert.deepEqual(volume(executor), { name, ephemeral: { volumeClaimTemplate: { spec } } });
        assert.deepEqual(
            podFacts(executor).reads.filter((each) => each === "ephemeral"),
            ["ephemeral"],
        );
    });

    it("a sidecar of one's own: restricted as all, and beside the workload's own", async () => {
        const { spec } = await only("EtlService", {
            initContainers: [{ name: "proxy", command: ["p"], resources, sidecar: true }],
        });
        const [{ restartPolicy, securityContext }] = spec.initContainers;
        assert.equal(restartPolicy, "Always");
        assert.deepEqual(securityContext, spec.containers[0].securityContext);
    });

    it("a run that is due while another one goes on: left out, unless the declaration says otherwise", async () => {
        for (const [given, policy] of [
            [{}, "Forbid"],
            [{ concurrencyPolicy: "Replace" }, "Replace"],
        ] as const) {
            const etl = (await declare("EtlCronJob", given)).one("CronJob", "own").inputs.spec;
            assert.equal((etl as { concurrencyPolicy: string }).concurrencyPolicy, policy);
            const made = await declare("SparkBatch", { schedule: "0 3 * * *", ...given });
            const spark = made.one("ScheduledSparkApplication", "own").inputs.spec;
            assert.equal((spark as { concurrencyPolicy: string }).concurrencyPolicy, policy);
        }
    });
});
