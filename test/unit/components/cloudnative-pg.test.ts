import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { ClusterSpec, clusterSpec, DatabaseSpec } from "../../../components/database/cluster";
import { toAddresses } from "../../../components/network";
import { database } from "../../../config/sizing/parts";
import { cloudNativePgImage } from "../../../config/versions";
import { platformConfig } from "../../../program/stack-config";
import { ResourceRequest } from "../../../program/program";
import { repoRoot } from "../../../lib/paths";
import { collect, sentinel } from "../../support/collect";
import { configProblems } from "../../support/config-problems";
import { Definition, objections } from "../../support/custom-resource";

const program = join(__dirname, "../fixtures/database.ts");

interface Policy {
    podSelector: object;
    policyTypes: string[];
    ingress?: object[];
    egress: object[];
}
interface Custom<Spec> {
    apiVersion: string;
    kind: string;
    metadata: { name: string; namespace: string; annotations: Record<string, string> };
    spec: Spec;
}

/** The program with CloudNativePG, and what a stack says of the database besides. */
function evaluate(database: Record<string, unknown> = {}, config: Record<string, string> = {}) {
    return collect({
        program,
        config: {
            "data-platform:profile": "dev",
            "data-platform:images": '{"registry":"registry.example.com/platform"}',
            "data-platform:database": JSON.stringify({ kind: "cloudnativepg", instances: 3, ...database }),
            ...config,
        },
        secretKeys: ["data-platform:credentials"],
    });
}

const clusterOf = (requests: ResourceRequest[]) => {
    const found = requests.filter(({ inputs }) => inputs.kind === "Cluster");
    assert.equal(found.length, 1);
    return found[0];
};
const specOf = (request: ResourceRequest) => (request.inputs as unknown as Custom<ClusterSpec>).spec;
const needs = ({ dependencies }: ResourceRequest) => dependencies.map((urn) => urn.split("::").slice(-1)[0]);
const applications = ["airflow", "mlflow", "mlflow-auth"];

describe("PostgreSQL by CloudNativePG", function () {
    // Each evaluates a whole program.
    this.timeout(180_000);

    let made: Awaited<ReturnType<typeof evaluate>>;
    let spec: ClusterSpec;
    before(async () => {
        made = await evaluate();
        spec = specOf(clusterOf(made.requests));
    });

    it("is the same to clients as any other: host, account, file of the authority, peer", () => {
        const host = "postgresql-rw.sandbox-database.svc";
        const ca = "/etc/data-platform/ca/ca.crt";
        const secret = made.one("Secret", "postgresql-user-mlflow-auth").inputs as unknown as {
            type: string;
            metadata: { labels: Record<string, string> };
            stringData: Record<string, string>;
        };
        const { password, uri, connection, ...plain } = secret.stringData;
        assert.deepEqual(plain, { host, port: "5432", username: "mlflow_auth", database: "mlflow_auth" });
        assert.equal(password, `${sentinel}-postgresql-user-mlflow-auth-password`);
        assert.equal(
            uri,
            `postgresql://mlflow_auth:${password}@${host}:5432/mlflow_auth?sslmode=verify-full&sslrootcert=${ca}`,
        );
        assert.equal(connection, uri);
        // As the operator reads it, and when.
        assert.equal(secret.type, "kubernetes.io/basic-auth");
        assert.equal(secret.metadata.labels["cnpg.io/reload"], "true");

        assert.equal(made.outputs.address, `${host}:5432`);
        assert.equal(made.outputs.caFile, ca);
        assert.equal(made.outputs.trust, "platform-ca");
        assert.equal(made.outputs.admin, undefined);
        assert.deepEqual(made.outputs.peer, {
            namespace: "sandbox-database",
            podLabels: { "cnpg.io/cluster": "postgresql", "cnpg.io/podRole": "instance" },
            port: 5432,
            clientLabels: { "data-platform.io/uses-postgresql": "true" },
        });
        assert.deepEqual(made.all("Release"), []);
    });

    it("servers show a certificate of the platform, renewed in place, that covers all their Services", () => {
        assert.deepEqual(spec.certificates, { serverTLSSecret: "postgresql-tls", serverCASecret: "postgresql-tls" });
        const { service, dnsNames, labels } = made.outputs.certificate as Record<string, string[]>;
        assert.equal(service, "postgresql-rw");
        for (const other of ["postgresql-ro", "postgresql-r"]) {
            assert.ok(dnsNames.includes(`${other}.sandbox-database.svc`), other);
        }
        assert.deepEqual(labels, { "cnpg.io/reload": "true" });
    });

    it("each application has a role and a database that no other role gets into, and only by TLS", () => {
        assert.deepEqual(
            spec.managed.roles.map(({ name, passwordSecret, superuser }) => [name, passwordSecret.name, superuser]),
            [
                ["airflow", "postgresql-user-airflow", false],
                ["mlflow", "postgresql-user-mlflow", false],
                ["mlflow_auth", "postgresql-user-mlflow-auth", false],
            ],
        );
        assert.deepEqual(spec.postgresql.pg_hba, [
            "hostssl airflow airflow all scram-sha-256",
            "hostssl mlflow mlflow all scram-sha-256",
            "hostssl mlflow_auth mlflow_auth all scram-sha-256",
            "host all all all reject",
        ]);
        assert.equal(spec.enableSuperuserAccess, false);
        for (const application of applications) {
            const { metadata, spec: database } = made.requests.find(
                ({ inputs, name }) => inputs.kind === "Database" && name === `postgresql-${application}`,
            )?.inputs as unknown as Custom<DatabaseSpec>;
            const name = application.replace("-", "_");
            assert.deepEqual(database, {
                cluster: { name: "postgresql" },
                name,
                owner: name,
                ensure: "present",
                databaseReclaimPolicy: "retain",
            });
            assert.equal(metadata.annotations["pulumi.com/waitFor"], "jsonpath={.status.applied}=true");
        }
    });

    it("waits for operator, passwords, certificate and policy; who uses it waits for every database", () => {
        const cluster = clusterOf(made.requests);
        for (const name of [
            "operator",
            "postgresql",
            "postgresql-jobs",
            "postgresql-user-airflow",
            "postgresql-user-mlflow-auth",
            "postgresql-tls.sandbox-database",
        ]) {
            assert.ok(needs(cluster).includes(name), name);
        }
        const { annotations } = (cluster.inputs as unknown as Custom<ClusterSpec>).metadata;
        assert.equal(annotations["pulumi.com/waitFor"], "condition=Ready");
        for (const application of applications) {
            const database = `postgresql-${application}`;
            assert.ok(needs(made.one("ConfigMap", "client")).includes(database), database);
            assert.ok(
                made.requests
                    .filter(({ name, inputs }) => name === database && inputs.kind === "Database")
                    .every(({ dependencies }) => dependencies.includes(cluster.urn)),
            );
        }
    });

    it("no password is anywhere but in Secrets", () => {
        const others = made.requests.filter(({ type }) => !/:Secret$|:RandomPassword$/.test(type));
        assert.ok(!JSON.stringify(others).includes(sentinel));
    });

    it("has the operator's own default image, out of a mirror where there is one", async () => {
        assert.equal(spec.imageName, cloudNativePgImage);
        const images = '{"registry":"registry.example.com/platform","mirror":"mirror.example.com/upstream"}';
        const mirrored = await evaluate({}, { "data-platform:images": images });
        assert.equal(
            specOf(clusterOf(mirrored.requests)).imageName,
            `mirror.example.com/upstream/${cloudNativePgImage.split("/").slice(1).join("/")}`,
        );
    });

    it("a commit waits for a second server where one of three may be gone, and for nobody with fewer", async () => {
        assert.deepEqual(spec.postgresql.synchronous, {
            method: "any",
            number: 1,
            dataDurability: "required",
            failoverQuorum: true,
        });
        assert.equal(spec.primaryUpdateMethod, "switchover");
        assert.equal(spec.enablePDB, true);
        const two = specOf(clusterOf((await evaluate({ instances: 2 })).requests));
        assert.equal(two.postgresql.synchronous, undefined);
        assert.equal(two.enablePDB, true);
        const one = specOf(clusterOf((await evaluate({ instances: 1 })).requests));
        assert.equal(one.enablePDB, false);
        assert.equal(one.primaryUpdateMethod, "restart");
        assert.equal(one.inheritedMetadata.annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"], "false");
    });

    it("has the write-ahead log on a volume of its own where it is asked for, of the same class, and counts it", async () => {
        assert.equal(spec.walStorage, undefined);
        const own = await evaluate({ storage: "10Gi", walStorage: "4Gi", storageClass: "fast" });
        const { storage, walStorage } = specOf(clusterOf(own.requests));
        assert.deepEqual(
            [storage, walStorage],
            [
                { size: "10Gi", storageClass: "fast" },
                { size: "4Gi", storageClass: "fast" },
            ],
        );
        const config = platformConfig(
            {
                values: {
                    "data-platform:profile": "prod",
                    "data-platform:images": '{"registry":"registry.example.com/platform"}',
                    "data-platform:database": JSON.stringify({ storage: "10Gi", walStorage: "4Gi" }),
                },
            },
            "prod",
        );
        const [servers] = database(config);
        assert.equal(Number(servers.storage) / 2 ** 30, 14);
        for (const kind of ["postgresql", "external"]) {
            const found = configProblems({
                ...{ profile: "dev", images: { registry: "registry.example.com/p" } },
                database: {
                    kind,
                    walStorage: "1Gi",
                    ...(kind === "external" ? { external: { host: "db.example.com" } } : {}),
                },
            });
            assert.match(found["database.walStorage"] ?? JSON.stringify(found), /is for database\.kind cloudnativepg/);
        }
    });

    it("goes where the platform's servers go, apart from each other", async () => {
        const scheduling = {
            platform: { nodeSelector: { pool: "platform" }, tolerations: [{ key: "platform", operator: "Exists" }] },
        };
        const placed = await evaluate({}, { "data-platform:scheduling": JSON.stringify(scheduling) });
        const { affinity, priorityClassName, topologySpreadConstraints } = specOf(clusterOf(placed.requests));
        assert.equal(priorityClassName, "data-platform-platform");
        assert.deepEqual(affinity.nodeSelector, scheduling.platform.nodeSelector);
        assert.deepEqual(affinity.tolerations, scheduling.platform.tolerations);
        assert.equal(affinity.enablePodAntiAffinity, true);
        assert.deepEqual(
            topologySpreadConstraints.map(({ topologyKey }) => topologyKey),
            ["topology.kubernetes.io/zone", "kubernetes.io/hostname"],
        );
    });

    it("data that is to be kept outlives the stack, and a stack made anew takes it over", async () => {
        const cluster = clusterOf(made.requests);
        assert.equal(cluster.retainOnDelete, false);
        const kept = clusterOf((await evaluate({ retain: true }, { "data-platform:protect": "true" })).requests);
        assert.equal(kept.retainOnDelete, true);
        assert.equal(kept.protect, true);
        assert.match(kept.provider ?? "", /postgresql-adopting/);
        assert.notEqual(kept.provider, cluster.provider);
        const { annotations } = (kept.inputs as unknown as Custom<ClusterSpec>).metadata;
        assert.equal(annotations["pulumi.com/patchForce"], "true");
    });

    it("lets in clients of the stack, the operator and the servers themselves, and out to each other and the API", () => {
        const policy = (name: string) => made.one("NetworkPolicy", name).inputs.spec as Policy;
        const servers = {
            podSelector: { matchLabels: { "cnpg.io/cluster": "postgresql", "cnpg.io/podRole": "instance" } },
        };
        const jobs = {
            podSelector: {
                matchLabels: { "cnpg.io/cluster": "postgresql" },
                matchExpressions: [{ key: "cnpg.io/jobRole", operator: "Exists" }],
            },
        };
        const clients = {
            namespaceSelector: { matchLabels: { "data-platform.io/stack": "sandbox" } },
            podSelector: { matchLabels: { "data-platform.io/uses-postgresql": "true" } },
        };
        const operator = {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "cnpg-system" } },
            podSelector: {
                matchLabels: {
                    "app.kubernetes.io/name": "cloudnative-pg",
                    "app.kubernetes.io/instance": "cloudnative-pg",
                },
            },
        };
        const tcp = (...ports: number[]) => ports.map((port) => ({ protocol: "TCP", port }));
        const api = toAddresses(undefined, [443, 6443]);
        assert.deepEqual(policy("postgresql"), {
            ...servers,
            policyTypes: ["Ingress", "Egress"],
            ingress: [
                { from: [clients, servers, jobs], ports: tcp(5432) },
                { from: [servers, operator], ports: tcp(8000) },
            ],
            egress: [{ to: [servers], ports: tcp(5432, 8000) }, api],
        });
        // Jobs copy from a server, and take nothing themselves.
        assert.deepEqual(policy("postgresql-jobs"), {
            ...jobs,
            policyTypes: ["Ingress", "Egress"],
            egress: [{ to: [servers], ports: tcp(5432) }, api],
        });
    });

    const upstream = join(repoRoot, "../shared/charts/cloudnative-pg/crds");
    // Not part of the project.
    if (existsSync(upstream)) {
        const definition = (plural: string) =>
            parse(readFileSync(join(upstream, `postgresql.cnpg.io_${plural}.yaml`), "utf8")) as Definition;

        it("upstream's definitions take the Cluster and the Databases", async () => {
            const { requests } = await evaluate({ storageClass: "fast", instances: 2 });
            for (const each of [...made.requests, ...requests]) {
                if (each.inputs.kind === "Cluster") {
                    assert.deepEqual(objections(definition("clusters"), "v1", each.inputs), []);
                }
                if (each.inputs.kind === "Database") {
                    assert.deepEqual(objections(definition("databases"), "v1", each.inputs), []);
                }
            }
        });

        it("upstream's definitions refuse what is spelt wrong, missing or no choice", () => {
            const { inputs } = clusterOf(made.requests);
            const bad = (change: object) =>
                objections(definition("clusters"), "v1", { ...inputs, spec: { ...spec, ...change } });
            assert.match(bad({ instanses: 3 }).join(), /instanses is unknown/);
            assert.match(bad({ instances: 0 }).join(), /instances is too small/);
            assert.match(bad({ primaryUpdateMethod: "failover" }).join(), /primaryUpdateMethod is none of/);
            const { managed } = spec;
            const nameless = managed.roles.map((role) => ({ ...role, name: undefined }));
            assert.match(bad({ managed: { roles: nameless } }).join(), /name is missing/);
        });
    }

    it("knows its spec without an engine", () => {
        const plain = clusterSpec("db", {
            instances: 1,
            image: "registry.example.com/postgresql:18",
            pullPolicy: "IfNotPresent",
            resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { memory: "1Gi" } },
            storage: "5Gi",
            storageClass: "fast",
            maxConnections: 50,
            placement: { priorityClassName: "high" },
            accounts: [{ application: "a-b", username: "a_b", database: "a_b" }],
            secretOf: (application) => `db-${application}`,
            certificate: "db-tls",
        });
        assert.deepEqual(plain.storage, { size: "5Gi", storageClass: "fast" });
        assert.deepEqual(plain.postgresql.parameters, { max_connections: "50", shared_buffers: "256MB" });
        assert.deepEqual(plain.ephemeralVolumesSizeLimit, { shm: "256Mi", temporaryData: "1Gi" });
        assert.deepEqual(plain.bootstrap.initdb.secret, { name: "db-a-b" });
        assert.equal(plain.affinity.nodeSelector, undefined);
    });
});
