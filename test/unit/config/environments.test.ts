import assert from "node:assert/strict";

import { parse } from "../../../config/parse";
import { charts } from "../../../config/versions";
import { chartsOf } from "../../../config/sections/charts";
import { configProblems } from "../../support/config-problems";

const registry = { images: { registry: "registry.example.com/data-platform" } };

/** The problems that a config is refused with, by key. */
function problems(raw: Record<string, unknown>): Record<string, string> {
    return configProblems({ ...registry, ...raw });
}

describe("config of environments", () => {
    it("staging has the shape of prod in small sizes", () => {
        const [staging, prod] = ["staging", "prod"].map((profile) => parse({ profile, ...registry }, "test"));
        const shape = ({ objectStore, eventStream, database, orchestrator, tracking }: typeof prod) => ({
            ...{ store: objectStore.nodes, stream: eventStream.kind, brokers: eventStream.nodes },
            ...{ controllers: eventStream.controllers?.nodes, insync: eventStream.minInsyncReplicas },
            ...{ database: database.kind, instances: database.instances, tracking: tracking.replicas },
            ...{ api: orchestrator.apiServer.replicas, scheduler: orchestrator.scheduler.replicas },
        });
        assert.deepEqual(shape(staging), shape(prod));
        assert.deepEqual(shape(prod), {
            ...{ store: 4, stream: "strimzi", brokers: 3, controllers: 3, insync: 2 },
            ...{ database: "cloudnativepg", instances: 3, tracking: 2, api: 2, scheduler: 2 },
        });
    });

    it("refuses in prod what would lose data or stand still with one node", () => {
        const found = problems({ profile: "prod", protect: false, database: { kind: "postgresql", instances: 1 } });
        assert.match(found.protect, /must be true with profile prod/);
        assert.match(found["database.kind"], /use cloudnativepg, or external/);
        assert.match(
            problems({ profile: "prod", database: { retain: false } })["database.retain"],
            /destroy would delete the data/,
        );
    });

    it("refuses in prod hosts that browsers wouldn't trust, and takes them elsewhere", () => {
        const hosts = { orchestrator: "airflow.example.com" };
        assert.match(problems({ profile: "prod", ingress: { hosts } })["ingress.issuer"], /self-signed authority/);
        assert.deepEqual(problems({ profile: "prod", ingress: { hosts, issuer: "public" } }), {});
        assert.deepEqual(problems({ profile: "staging", ingress: { hosts } }), {});
    });

    it("refuses hosts that can't be told apart, aren't names, or lead nowhere", () => {
        const twice = problems({ profile: "dev", ingress: { hosts: { orchestrator: "a.b.c", tracking: "a.b.c" } } });
        assert.match(twice["ingress.hosts.tracking"], /another system's host already/);
        const not = problems({ profile: "dev", ingress: { hosts: { orchestrator: "https://a.b" } } });
        assert.match(not["ingress.hosts.orchestrator"], /host name such as/);
        const console = { ingress: { hosts: { console: "c.b.a" } }, objectStore: { console: false } };
        assert.match(problems({ profile: "dev", ...console })["ingress.hosts.console"], /objectStore.console is false/);
    });

    it("refuses replicas that would share a ReadWriteOnce volume", () => {
        const found = problems({
            profile: "dev",
            database: { instances: 2 },
            objectStore: { nodes: 2 },
        });
        assert.match(found["database.instances"], /ReadWriteOnce volume.*cloudnativepg/);
        assert.match(found["objectStore.nodes"], /ReadWriteOnce volume.*1 or 4 to 16/);
    });

    it("takes a volume's older image for the one server only, and only with its tag or digest", () => {
        const upgradeFrom = "registry.example.com:5000/data-platform/postgresql:15.20-4d176cde34c3";
        const found = (database: object) => problems({ profile: "dev", database })["database.upgradeFrom"];
        assert.equal(found({ upgradeFrom }), undefined);
        assert.equal(found({ upgradeFrom: `ghcr.io/acme/postgresql@sha256:${"0a".repeat(32)}` }), undefined);
        assert.match(found({ upgradeFrom: "registry.example.com:5000/postgresql" }), /must be an image with its tag/);
        assert.match(found({ upgradeFrom, kind: "cloudnativepg" }), /is for database.kind postgresql.*remove it/);
    });

    it("refuses a quota that the stack doesn't fit into, and says by what", () => {
        const found = problems({
            profile: "prod",
            namespaces: { quotas: { storage: { memory: "4Gi", storage: "1Ti" }, streaming: { pods: 5 } } },
        });
        assert.match(
            found["namespaces.quotas.storage.memory"],
            /4Gi is less than what the stack declares there, 8\d+Mi \(4 x minio, 1 x minio-setup\); raise it, leave it out/,
        );
        assert.match(found["namespaces.quotas.storage.storage"], /2000Gi/);
        assert.match(
            found["namespaces.quotas.streaming.pods"],
            /5 is less than .* 8 \(3 x kafka, 3 x kafka controllers/,
        );
        assert.deepEqual(problems({ profile: "prod", namespaces: { quotas: { storage: { memory: "16Gi" } } } }), {});
    });

    it("refuses a version range of a chart, and a version of one that carries its own", () => {
        for (const range of ["^1.22.0", "1.x", ">=1.20", "latest", "1.22"]) {
            const found = problems({ profile: "dev", chartVersions: { airflow: range } });
            assert.match(found["chartVersions.airflow"], /one exact version such as "1.22.0".*range/, range);
        }
        const local = { charts: { airflow: "./charts/airflow" }, chartVersions: { airflow: "1.22.0" } };
        assert.match(problems({ profile: "dev", ...local })["chartVersions.airflow"], /carries its own version/);
        assert.match(
            problems({ profile: "dev", chartVersions: { minio: "1.0.0" } })["chartVersions.minio"],
            /is no key/,
        );
    });

    it("takes an exact version, and the definitions that go with it", () => {
        const config = parse({ profile: "dev", ...registry, chartVersions: { strimzi: "1.2.1" } }, "test");
        assert.match(config.crds.strimzi[0], /\/1\.2\.1\/strimzi-crds-1\.2\.1\.yaml$/);
        assert.ok(config.crds.sparkOperator[0].includes(`v${charts.sparkOperator}`));
        assert.deepEqual(chartsOf(config).strimzi, {
            source: config.charts.strimzi,
            version: "1.2.1",
            values: undefined,
        });
        const own = { chartVersions: { strimzi: "1.2.1" }, crds: { strimzi: ["./crds/strimzi.yaml"] } };
        assert.deepEqual(parse({ profile: "dev", ...registry, ...own }, "test").crds.strimzi, ["./crds/strimzi.yaml"]);
    });

    it("refuses a chart value that is no key or would be a secret, without quoting it", () => {
        const found = problems({
            profile: "dev",
            chartValues: { airflow: { confg: {}, config: { smtp: { smtp_password: "hunter2hunter2" } } } },
        });
        assert.match(found["chartValues.airflow.confg"], /did you mean "config"\?.*allowed here: /);
        const secret = problems({
            profile: "dev",
            chartValues: { airflow: { config: { smtp: { smtp_password: "hunter2hunter2" } } } },
        });
        assert.match(
            secret["chartValues.airflow.config.smtp.smtp_password"],
            /looks like a secret.*put it into a Secret/,
        );
        assert.doesNotMatch(JSON.stringify([found, secret]), /hunter2/);
        const named = { airflow: { config: { secrets: { backend_secret_name: "x" } } } };
        assert.deepEqual(problems({ profile: "dev", chartValues: named }), {});
    });

    it("knows who has the cluster plane", () => {
        assert.match(problems({ profile: "dev", cluster: { mode: "shared" } })["cluster.stack"], /is missing/);
        assert.match(
            problems({ profile: "dev", cluster: { stack: "dev" } })["cluster.stack"],
            /for cluster.mode shared/,
        );
        const both = { mode: "shared", stack: "dev", shareable: true };
        assert.match(problems({ profile: "dev", cluster: both })["cluster.shareable"], /leave it false/);
        assert.deepEqual(problems({ profile: "dev", cluster: { mode: "shared", stack: "organization/x/dev" } }), {});
    });

    it("refuses an upper bound below the lower one", () => {
        const found = problems({
            profile: "dev",
            tracking: { replicas: 3, maxReplicas: 2 },
            orchestrator: { apiServer: { replicas: 2, maxReplicas: 1 } },
        });
        assert.match(found["tracking.maxReplicas"], /2 is less than tracking.replicas 3/);
        assert.match(found["orchestrator.apiServer.maxReplicas"], /1 is less than/);
    });

    it("keeps names of Kafka's own users from applications, and Strimzi's keys from the light form", () => {
        const topics = [{ name: "t", partitions: 1, producers: ["admin"], consumers: [] }];
        const off = {
            workloads: { flights: { enabled: false } },
            orchestrator: { connections: { eventStream: undefined } },
        };
        assert.match(
            problems({ profile: "dev", ...off, eventStream: { topics } })["eventStream.topics[0].producers[0]"],
            /user of Kafka's own/,
        );
        const rack = { kind: "kafka", rack: { topologyKey: "zone" } };
        assert.match(
            problems({ profile: "dev", eventStream: rack })["eventStream.rack"],
            /for eventStream.kind strimzi/,
        );
        const even = { controllers: { nodes: 2 } };
        assert.match(problems({ profile: "prod", eventStream: even })["eventStream.controllers.nodes"], /is even/);
    });
});
