import assert from "node:assert/strict";

import { clusterId } from "../../../components/kafka";
import { ResourceRequest } from "../../../program/program";
import { Collected, collect, sentinel } from "../../support/collect";

interface Labelled {
    metadata: { name: string; namespace?: string; labels: Record<string, string> };
}

const metadata = ({ inputs }: ResourceRequest) => (inputs as unknown as Labelled).metadata;

/** Pod that Airflow starts for a task of the sample. */
function task(from: Collected, name: string): string {
    return (from.one("ConfigMap", "flights-tasks").inputs.data as Record<string, string>)[`${name}.yaml`];
}

describe("the platform", () => {
    let sandbox: Collected;
    let prod: Collected;
    before(async () => {
        sandbox = await collect({ stack: "sandbox" });
        prod = await collect({ stack: "prod" });
    });

    it("every namespace enforces Pod Security restricted at a pinned version", () => {
        const namespaces = sandbox.all("Namespace");
        assert.deepEqual(namespaces.map(({ name }) => name).sort(), [
            "cert-manager",
            "sandbox-database",
            "sandbox-jobs",
            "sandbox-orchestration",
            "sandbox-storage",
            "sandbox-streaming",
            "sandbox-tracking",
            "spark-operator",
        ]);
        for (const namespace of namespaces) {
            for (const mode of ["enforce", "audit", "warn"]) {
                assert.equal(metadata(namespace).labels[`pod-security.kubernetes.io/${mode}`], "restricted");
                assert.match(metadata(namespace).labels[`pod-security.kubernetes.io/${mode}-version`], /^v1\.\d+$/);
            }
        }
    });

    it("every namespace is closed, but for look-ups of names", () => {
        for (const { name } of sandbox.all("Namespace")) {
            const policies = sandbox.all("NetworkPolicy").filter((policy) => metadata(policy).namespace === name);
            const names = policies.map((policy) => metadata(policy).name);
            assert.ok(names.includes("default-deny") && names.includes("allow-dns"), name);
        }
    });

    it("what is put into a namespace waits until that is closed", () => {
        const [secret] = sandbox.all("Secret");
        const needs = secret.dependencies.map((urn) => urn.split("::").slice(-1)[0]);
        assert.ok(
            needs.some((name) => name.endsWith("default-deny")),
            needs.join(),
        );
    });

    it("no password enters a Release, an output, or anything but a Secret", () => {
        for (const request of sandbox.requests.filter(({ type }) => !/:(Secret|RandomPassword)$/.test(type))) {
            assert.ok(!JSON.stringify(request.inputs).includes(sentinel), `${request.type} ${request.name}`);
        }
        assert.ok(!JSON.stringify(sandbox.outputs).includes(sentinel));
        assert.ok(JSON.stringify(sandbox.all("Secret")).includes(sentinel), "the sentinel must have been used at all");
    });

    it("the state has no path of the machine that made it", async () => {
        const before = process.env.KUBECONFIG;
        process.env.KUBECONFIG = "/somebody/elses/kubeconfig";
        try {
            for (const provider of (await collect({ stack: "prod" })).all("pulumi:providers:kubernetes")) {
                assert.equal(provider.inputs.kubeconfig, "");
            }
        } finally {
            if (before === undefined) delete process.env.KUBECONFIG;
            else process.env.KUBECONFIG = before;
        }
    });

    it("outputs give endpoints and the names of Secrets", () => {
        assert.deepEqual(sandbox.outputs.endpoints, {
            objectStore: "https://minio.sandbox-storage.svc:9000",
            eventStream: "kafka.sandbox-streaming.svc:9093",
            database: "postgresql.sandbox-database.svc:5432",
            tracking: "https://mlflow.sandbox-tracking.svc:5000",
            orchestrator: "https://airflow-api-server.sandbox-orchestration.svc:8080",
        });
        assert.deepEqual(sandbox.outputs.secrets, {
            objectStoreRoot: { namespace: "sandbox-storage", name: "minio-root", keys: ["rootUser", "rootPassword"] },
            eventStreamAdmin: { namespace: "sandbox-streaming", name: "kafka-admin", keys: ["admin", "broker"] },
            trackingAdmin: { namespace: "sandbox-tracking", name: "mlflow-admin", keys: ["username", "password"] },
            orchestratorAdmin: {
                namespace: "sandbox-orchestration",
                name: "airflow-admin",
                keys: ["username", "password"],
            },
        });
    });

    it("a Release has an explicit name, waits for its Secrets and its certificate, and keeps few revisions", () => {
        for (const release of sandbox.all("Release")) {
            assert.equal(release.inputs.name, release.name);
            assert.equal(release.inputs.maxHistory, 5);
            assert.ok(release.deleteBeforeReplace);
            // The operator of Spark takes no password, and its webhook makes its certificate itself.
            if (release.name === "spark-operator") continue;
            assert.ok(release.dependencies.some((urn) => urn.includes(":Secret::")));
            const certificates = release.dependencies.filter((urn) => urn.includes(":Certificate::"));
            assert.ok(certificates.length >= 2, `${release.name}: its own and the authority's`);
        }
    });

    it("prod keeps and protects what holds data; the sandbox nothing", () => {
        for (const system of ["storage", "streaming", "database"]) {
            const kept = prod.one("Namespace", `prod-${system}`);
            assert.deepEqual([kept.retainOnDelete, kept.protect], [true, true]);
        }
        assert.equal(prod.one("Namespace", "prod-jobs").retainOnDelete, false);
        const guarded = prod.all("Release").filter(({ protect }) => protect);
        assert.deepEqual(guarded.map(({ name }) => name).sort(), ["minio"]);
        for (const [kind, name] of [
            ["Kafka", "kafka"],
            ["Cluster", "postgresql"],
        ]) {
            assert.equal(prod.one(kind, name).protect, true, kind);
        }
        // CRDs aren't resources of the stack, so nothing of it takes them along.
        const kept = sandbox.requests.filter(({ retainOnDelete, protect }) => retainOnDelete || protect);
        assert.deepEqual(kept, []);
    });

    it("a raised rotation replaces the passwords and restarts what uses them", async () => {
        const config = {
            "data-platform:profile": "sandbox",
            "data-platform:eventStream": JSON.stringify({ rotation: 2 }),
        };
        const rotated = await collect({ config });
        const keepers = (from: Collected) => from.one("RandomPassword", "kafka-user-land-password").inputs.keepers;
        assert.notDeepEqual(keepers(rotated), keepers(sandbox));
        const values = (from: Collected) => from.one("Release", "kafka").inputs.values as { rotation: string };
        assert.deepEqual([values(sandbox).rotation, values(rotated).rotation], ["1", "2"]);
        assert.match(task(rotated, "bronze"), /data-platform.io\/rotation-kafka-user-land: "2"/);
        assert.match(task(sandbox, "bronze"), /data-platform.io\/rotation-kafka-user-land: "1"/);
    });

    describe("a password of one's own", () => {
        const own = "a-password-of-our-own";
        const config = {
            "data-platform:profile": "sandbox",
            "data-platform:credentials": JSON.stringify({ "objectStore.land": own }),
        };

        it("is used instead of a generated one, and is a secret from then on", async () => {
            const made = await collect({ config, secretKeys: ["data-platform:credentials"] });
            for (const name of ["minio-user-land", "minio-user-land.sandbox-jobs"]) {
                const secret = made.one("Secret", name);
                assert.equal((secret.inputs.stringData as Record<string, string>).secretKey, own);
                assert.deepEqual(secret.secretPaths, ["stringData"]);
            }
            const generated = made.all("RandomPassword").map(({ name }) => name);
            assert.ok(!generated.includes("minio-user-land-secretKey"));
            assert.ok(generated.includes("minio-user-land-accessKey"), "the key that goes with it is nobody's name");
        });

        it("restarts what uses it when it changes, and only that system", async () => {
            const other = {
                ...config,
                "data-platform:credentials": JSON.stringify({ "objectStore.land": `${own}-2` }),
            };
            const secretKeys = ["data-platform:credentials"];
            const [one, two] = [await collect({ config, secretKeys }), await collect({ config: other, secretKeys })];
            const rounds = (from: Collected) =>
                ["minio", "kafka"].map(
                    (name) => (from.one("Release", name).inputs.values as { rotation: string }).rotation,
                );
            assert.match(rounds(one)[0], /^1-[0-9a-f]{8}$/);
            assert.notEqual(rounds(one)[0], rounds(two)[0]);
            assert.deepEqual([rounds(one)[1], rounds(two)[1]], ["1", "1"]);
            assert.match(
                task(one, "bronze"),
                new RegExp(`data-platform.io/rotation-minio-user-land: "?${rounds(one)[0]}`),
            );
            assert.ok(!task(one, "bronze").includes(own));
        });

        it("may be none: what the CLI leaves when the last one is removed", async () => {
            await collect({ config: { "data-platform:profile": "sandbox", "data-platform:credentials": "{}" } });
        });

        it("is refused in the clear", async () => {
            const another = { "data-platform:eventStream": JSON.stringify({ nodes: 2 }) };
            await assert.rejects(collect({ config: { ...config, ...another } }), (error: Error) => {
                assert.match(error.message, /eventStream\.nodes/, "the other problems are told as well");
                assert.match(error.message, /credentials +holds passwords in the clear.*--secret/);
                return !error.message.includes(own);
            });
        });
    });

    it("Kafka's cluster id is the same for the same stack, because kept volumes carry it", () => {
        assert.equal(clusterId("p", "s", "kafka"), clusterId("p", "s", "kafka"));
        assert.notEqual(clusterId("p", "s", "kafka"), clusterId("p", "other", "kafka"));
        for (let index = 0; index < 200; index++) {
            assert.match(clusterId("p", `s${index}`, "kafka"), /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/);
        }
    });

    it("switched off, the sample leaves in the jobs' namespace only what Airflow and Spark have there", async () => {
        const config = {
            "data-platform:profile": "sandbox",
            "data-platform:workloads": JSON.stringify({ flights: { enabled: false } }),
        };
        const off = await collect({ config });
        const inJobs = off.requests.filter(
            ({ inputs }) => (inputs as Partial<Labelled>).metadata?.namespace === "sandbox-jobs",
        );
        assert.deepEqual([...new Set(inJobs.map(({ name }) => name))].sort(), [
            "airflow",
            "sandbox-jobs-allow-dns",
            "sandbox-jobs-default-deny",
            "sandbox-jobs-defaults",
            "sandbox-jobs-quota",
            "spark-operator-webhook-check",
        ]);
    });
});
