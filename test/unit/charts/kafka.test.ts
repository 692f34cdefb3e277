import assert from "node:assert/strict";

import { find, full, needHelm, refusal, render, type Rendered, template, type Values } from "../../support/charts";

const kafka = full.kafka;
const one = { ...kafka, nodes: 1, topics: [], users: [] };

/** A properties file as an object; later lines win, as they do for Kafka. */
function properties(text: string): Record<string, string> {
    const lines = text.split("\n").filter((line) => line.trim() && !line.startsWith("#"));
    return Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
}

const settingsOf = (objects: Rendered[]) =>
    properties(find(objects, "ConfigMap", "kafka").data?.["server.properties"] ?? "");
const setupOf = (objects: Rendered[]) => find(objects, "ConfigMap", "kafka-setup").data ?? {};

function env(objects: Rendered[], of: string): Record<string, string | undefined> {
    return Object.fromEntries(
        (template(objects, of).spec.containers[0].env ?? []).map(({ name, value }) => [name, value]),
    );
}

describe("chart kafka", () => {
    let three: Rendered[];
    let single: Rendered[];
    before(needHelm);
    before(async () => {
        three = await render("kafka", kafka);
        single = await render("kafka", one);
    });

    it("keeps as many copies as the nodes allow, and says when a record counts", () => {
        const [many, few] = [settingsOf(three), settingsOf(single)];
        for (const topic of ["offsets.topic", "transaction.state.log", "share.coordinator.state.topic"]) {
            assert.equal(many[`${topic}.replication.factor`], "3");
            assert.equal(few[`${topic}.replication.factor`], "1");
        }
        assert.equal(many["min.insync.replicas"], "2");
        assert.equal(few["min.insync.replicas"], "1");
        assert.equal(many["transaction.state.log.min.isr"], "2");
    });

    it("finds the controllers at every node's own name", () => {
        assert.equal(
            settingsOf(three)["controller.quorum.bootstrap.servers"],
            [0, 1, 2].map((i) => `kafka-${i}.kafka-nodes.test-ns.svc:9095`).join(","),
        );
        const nodes = find(three, "Service", "kafka-nodes").spec;
        assert.equal(nodes.clusterIP, "None");
        assert.equal(nodes.publishNotReadyAddresses, true, "controllers meet before they are ready");
        const set = find(three, "StatefulSet", "kafka").spec;
        assert.equal(set.serviceName, "kafka-nodes");
        assert.equal(set.podManagementPolicy, "Parallel", "one by one, the first would wait for the second forever");
    });

    it("lets nobody in without a password, and nobody do what no rule allows", () => {
        const settings = settingsOf(three);
        assert.match(settings["listener.security.protocol.map"], /^(\w+:SASL_SSL,?){3}$/);
        assert.equal(settings["listener.name.client.sasl.enabled.mechanisms"], "SCRAM-SHA-512");
        assert.equal(settings["authorizer.class.name"], "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
        assert.equal(settings["allow.everyone.if.no.acl.found"], "false");
        assert.equal(settings["super.users"], "User:broker;User:admin");
        assert.equal(settings["auto.create.topics.enable"], "false");
    });

    it("has passwords read from the mounted Secret by Kafka itself", () => {
        for (const text of [
            ...Object.values(settingsOf(three)),
            ...Object.values(properties(setupOf(three)["admin.properties"])),
        ]) {
            for (const [, value] of text.matchAll(/(?:password|user_\w+)="([^"]*)"/g)) {
                assert.match(value, /^\$\{dir:\/run\/secrets\/kafka:(broker|admin)\}$/);
            }
        }
        const mounts = template(three, "kafka").spec.containers[0].volumeMounts ?? [];
        assert.ok(mounts.some(({ mountPath, readOnly }) => mountPath === "/run/secrets/kafka" && readOnly));
    });

    it("has its certificate and the authority from Secrets, and speaks nothing but TLS", () => {
        const settings = settingsOf(three);
        assert.equal(settings["ssl.truststore.location"], "/etc/data-platform/ca/ca.crt");
        assert.equal(settings["ssl.endpoint.identification.algorithm"], "https");
        const { volumes } = template(three, "kafka").spec;
        const secret = (name: string) =>
            (volumes?.find((volume) => volume.name === name) as { secret?: { secretName: string; items: Values[] } })
                .secret;
        assert.equal(secret("tls")?.secretName, "the-certificate");
        assert.deepEqual(
            secret("tls")?.items.map(({ key }) => key),
            ["tls.crt", "tls.key"],
        );
        assert.deepEqual(secret("ca")?.items, [{ key: "ca.crt", path: "ca.crt" }]);
        assert.match(setupOf(three)["admin.properties"], /^security\.protocol=SASL_SSL$/m);
        assert.doesNotMatch(JSON.stringify(three), /PLAINTEXT|9092/);
    });

    it("takes settings of the release, numbers as numbers", async () => {
        const settings = settingsOf(
            await render("kafka", {
                ...one,
                config: { "log.retention.ms": 604800000, "num.io.threads": "4", "x.ratio": 0.5 },
            }),
        );
        assert.equal(settings["log.retention.ms"], "604800000");
        assert.equal(settings["num.io.threads"], "4");
        assert.equal(settings["x.ratio"], "0.5");
        assert.equal(setupOf(three)["topic-flights.properties"].trim(), "retention.ms=86400000");
    });

    it("refuses settings that are its own", async () => {
        for (const key of [
            "listeners",
            "super.users",
            "log.dirs",
            "ssl.keystore.location",
            "sasl.enabled.mechanisms",
            "controller.quorum.voters",
            "authorizer.class.name",
            "principal.builder.class",
            "early.start.listeners",
            // By way of another one: a line more, or one that goes on in the next.
            "x\nsuper.users",
        ]) {
            const said = await refusal("kafka", { ...one, config: { [key]: "x" } });
            assert.match(said, new RegExp(key.replaceAll(".", "\\.").replace("\n", "\\\\n")));
        }
        for (const value of ["1\nsuper.users=User:eve", "1\rsuper.users=User:eve", "1\\", "1\n  more: |"]) {
            assert.match(await refusal("kafka", { ...one, config: { "x.y": value } }), /config\/x\.y.*does not match/);
            const topics = [{ ...topic("a"), config: { "retention.ms": value } }];
            assert.match(await refusal("kafka", { ...one, topics }), /config\/retention\.ms.*does not match/);
        }
        const topics = [{ ...topic("a"), config: { "a\nrights: |": "x" } }];
        assert.match(await refusal("kafka", { ...one, topics }), /invalid propertyName/);
    });

    it("refuses what can't work, and says what would", async () => {
        const cases: [Values, RegExp][] = [
            [{ nodes: 2 }, /nodes.*must be one of 1, 3, 5, 7/],
            [{ heap: "1 GB" }, /heap/],
            [{ clusterId: "too-short" }, /clusterId/],
            [{ topics: [{ name: "a", partitions: 1, replicas: 3 }] }, /topics: a wants 3 replicas, but nodes is 1/],
            [{ topics: [{ name: "__x", partitions: 1, replicas: 1 }] }, /topics\/0\/name/],
            [{ topics: [topic("a"), topic("a")] }, /topics: two entries are named "a"/],
            [
                { topics: [topic("a"), topic("b")], users: [{ name: "u", existingSecret: "s", produce: ["c"] }] },
                /users: u\.produce names the topic "c", which topics doesn't have; there are "a", "b"/,
            ],
            [{ users: [{ name: "admin", existingSecret: "s" }] }, /users\/0\/name/],
            [{ config: { "min.insync.replicas": "2" } }, /min\.insync\.replicas is 2, but nodes is 1/],
        ];
        for (const [values, reason] of cases) assert.match(await refusal("kafka", { ...one, ...values }), reason);
    });

    it("gives the job names and rights, each right no wider than asked for", () => {
        const setup = setupOf(three);
        assert.deepEqual(setup.topics.trim().split("\n"), ["flights 3 3", "flights-dead-letter 1 3", "progress 1 3"]);
        assert.deepEqual(setup.users.trim().split("\n"), ["ingest", "land"]);
        assert.deepEqual(setup.rights.trim().split("\n"), [
            "ingest topic literal Write,Describe flights progress",
            "ingest topic literal Read,Describe progress",
            "ingest transactional-id prefixed Write,Describe ingest",
            "ingest group prefixed Read,Describe ingest",
            "land topic literal Write,Describe flights-dead-letter",
            "land topic literal Read,Describe flights",
            "land group prefixed Read,Describe land",
        ]);
        const job = template(three, "kafka-setup").spec;
        const paths = (job.containers[0].volumeMounts ?? []).map(({ mountPath }) => mountPath);
        for (const user of ["ingest", "land"]) assert.ok(paths.includes(`/run/secrets/kafka-users/${user}`));
        const tmp = job.volumes?.find(({ name }) => name === "tmp") as unknown as { emptyDir: { medium: string } };
        assert.equal(tmp.emptyDir.medium, "Memory", "passwords pass through files there");
    });

    it("spreads several nodes and drains them one by one; one node has nothing of it", () => {
        const spec = template(three, "kafka").spec;
        assert.ok(spec.affinity && spec.topologySpreadConstraints);
        assert.equal(find(three, "PodDisruptionBudget", "kafka").spec.maxUnavailable, 1);
        assert.ok(!("affinity" in template(single, "kafka").spec));
        assert.ok(!single.some(({ kind }) => kind === "PodDisruptionBudget"));
    });

    it("notes on the volumes how many nodes began the cluster", () => {
        const [claim] = find(three, "StatefulSet", "kafka").spec.volumeClaimTemplates as Rendered[];
        assert.equal(claim.metadata.annotations?.["data-platform.io/initial-nodes"], "3");
    });

    it("lets a new release begin a cluster until its job has seen all nodes vote", () => {
        const [begin, end] = three.filter(({ metadata }) => metadata.name === "kafka-first-start");
        const annotations = [begin, end].map(({ metadata }) => metadata.annotations ?? {});
        assert.deepEqual(Object.keys(begin.data ?? {}), ["may-found"]);
        assert.equal(end.data, undefined);
        // Helm deletes the one that is there, and the new one too, once every hook of the event has succeeded: after the job.
        assert.equal(annotations[1]["helm.sh/hook-delete-policy"], "before-hook-creation,hook-succeeded");
        assert.equal(annotations[1]["helm.sh/hook-weight"], "1");
        assert.equal(find(three, "Job", "kafka-setup").metadata.annotations?.["helm.sh/hook-weight"], undefined);
        const pod = template(three, "kafka").spec;
        const { name, configMap } = pod.volumes?.find((volume) => volume.name === "first-start") as unknown as {
            name: string;
            configMap: unknown;
        };
        assert.deepEqual(configMap, { name: "kafka-first-start", optional: true }, "missing, it starts all the same");
        const mount = pod.containers[0].volumeMounts?.find((each) => each.name === name);
        assert.equal(mount?.mountPath, "/etc/data-platform/first-start");
    });

    it("makes an id that Kafka takes, the same each time, when none is given", async () => {
        const id = env(await render("kafka", { ...one, clusterId: "" }), "kafka").KAFKA_CLUSTER_ID ?? "";
        assert.match(id, /^[A-Za-z0-9_-]{22}$/);
        assert.equal(Buffer.from(id, "base64url").length, 16);
        assert.equal(Buffer.from(id, "base64url").toString("base64url"), id);
        assert.equal(env(single, "kafka").KAFKA_CLUSTER_ID, kafka.clusterId);
    });

    it("keeps JMX off and writes no log files, with upstream's launchers too", () => {
        const variables = env(three, "kafka");
        assert.equal(variables.KAFKA_JMX_OPTS, " ");
        assert.doesNotMatch(variables.EXTRA_ARGS ?? "", /loggc/);
        assert.match(variables.KAFKA_LOG4J_OPTS ?? "", /\/etc\/kafka\/log4j2\.properties$/);
    });

    it("lets clients reach their port only", () => {
        const [policy] = three.filter(({ kind, metadata }) => kind === "NetworkPolicy" && metadata.name === "kafka");
        const rules = policy.spec.ingress as { from: { namespaceSelector?: unknown }[]; ports: { port: number }[] }[];
        const clients = rules.filter(({ from }) => from.some((peer) => peer.namespaceSelector));
        assert.deepEqual(
            clients.map(({ ports }) => ports.map(({ port }) => port)),
            [[9093]],
        );
    });
});

function topic(name: string): Values {
    return { name, partitions: 1, replicas: 1 };
}
