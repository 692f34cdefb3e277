import assert from "node:assert/strict";

import { applications, clusterId, values as lightValues } from "../../../components/kafka";
import { topicObjectName } from "../../../components/kafka/strimzi-access";
import { eventStreamDefaults } from "../../../config/sections/event-stream";
import { Collected } from "../../support/collect";
import { StrimziObjects } from "../../support/strimzi";

interface Named {
    metadata: { name: string };
}

describe("Kafka by Strimzi", function () {
    this.timeout(120_000);
    let objects: StrimziObjects;
    let made: Collected;
    before(async () => {
        objects = await StrimziObjects.collect();
        made = objects.made;
    });

    it("comes up and goes down in order: operator, nodes, cluster, topics and users, clients", () => {
        const [{ urn: cluster, dependencies }] = objects.requests("Kafka");
        const pools = objects.requests("KafkaNodePool");
        const operator = made.one("Release", "strimzi-kafka-operator").urn;
        for (const pool of pools) {
            assert.ok(pool.dependencies.includes(operator));
            assert.ok(dependencies.includes(pool.urn));
        }
        const policies = made.all("NetworkPolicy").filter(({ name }) => name.startsWith("kafka-policy-"));
        assert.equal(policies.length, 3);
        for (const { urn } of policies) assert.ok(dependencies.includes(urn));
        const dependent = [...objects.requests("KafkaTopic"), ...objects.requests("KafkaUser")];
        assert.equal(dependent.length, 5 + 5);
        const client = made.one("ConfigMap", "client");
        for (const { urn, dependencies: before } of dependent) {
            assert.ok(before.includes(cluster));
            assert.ok(client.dependencies.includes(urn));
        }
    });

    it("lets nothing wait for an operator that may be gone, and deletes no topic with its object", () => {
        const { kafka, entityOperator } = objects.one("Kafka", "kafka").spec;
        assert.deepEqual(entityOperator.template.topicOperatorContainer.env, [
            { name: "STRIMZI_USE_FINALIZERS", value: "false" },
        ]);
        assert.equal(kafka.config["delete.topic.enable"], "false");
    });

    it("has brokers and controllers of their own, or nodes that are both", () => {
        const roles = (namespace?: string) =>
            Object.fromEntries(
                objects
                    .all("KafkaNodePool", namespace)
                    .map(({ metadata, spec }) => [metadata.name, [spec.replicas, ...spec.roles]]),
            );
        assert.deepEqual(roles(), { brokers: [3, "broker"], controllers: [3, "controller"] });
        assert.deepEqual(roles("sandbox-jobs"), { brokers: [1, "controller", "broker"] });
        const { config } = objects.one("Kafka", "kafka").spec.kafka;
        assert.equal(config["default.replication.factor"], "3");
        assert.equal(config["min.insync.replicas"], "2");
        assert.equal(
            objects.one("Kafka", "small", "sandbox-jobs").spec.kafka.config["offsets.topic.replication.factor"],
            "1",
        );
    });

    it("keeps the data of a retained stack, under the same node ids and the same cluster id", () => {
        const [brokers, controllers] = ["brokers", "controllers"].map((name) => objects.one("KafkaNodePool", name));
        assert.deepEqual(brokers.spec.storage.volumes, [
            {
                ...{ id: 0, type: "persistent-claim", size: "10Gi", class: "fast" },
                ...{ deleteClaim: false, kraftMetadata: "shared" },
            },
        ]);
        assert.equal(brokers.metadata.annotations["strimzi.io/next-node-ids"], "[0-99]");
        assert.equal(controllers.metadata.annotations["strimzi.io/next-node-ids"], "[100-199]");
        assert.equal(objects.one("KafkaNodePool", "brokers", "sandbox-jobs").spec.storage.volumes[0].deleteClaim, true);
        for (const { protect } of [...objects.requests("Kafka"), ...objects.requests("KafkaNodePool")])
            assert.equal(protect, true);

        const job = made.one("Job", "kafka-cluster-id");
        for (const { urn } of objects.requests("KafkaNodePool")) assert.ok(job.dependencies.includes(urn));
        assert.ok(objects.requests("Kafka")[0].dependencies.includes(job.urn));
        const { spec } = job.inputs as {
            spec: { template: { spec: { containers: { env: { name: string; value: string }[] }[] } } };
        };
        const env = Object.fromEntries(spec.template.spec.containers[0].env.map(({ name, value }) => [name, value]));
        assert.equal(env.KAFKA_CLUSTER_ID, clusterId("data-platform", "sandbox", "kafka"));
        assert.equal(env.KAFKA_POOLS, "brokers controllers");
        assert.deepEqual(made.one("Role", "kafka-cluster-id").inputs.rules, [
            { apiGroups: ["kafka.strimzi.io"], resources: ["kafkanodepools"], verbs: ["get"] },
            { apiGroups: ["kafka.strimzi.io"], resources: ["kafkanodepools/status"], verbs: ["patch"] },
        ]);
    });

    it("is restricted, limited, and placed", () => {
        const { entityOperator } = objects.one("Kafka", "kafka").spec;
        const pods = [
            ...objects.all("KafkaNodePool").map(({ spec }) => spec.template.pod),
            entityOperator.template.pod,
        ];
        for (const pod of pods) {
            assert.equal(pod.securityContext?.runAsNonRoot, true);
            assert.deepEqual(pod.securityContext.seccompProfile, { type: "RuntimeDefault" });
            assert.equal(pod.priorityClassName, "data-platform-platform");
            assert.deepEqual(pod.tolerations, [{ key: "platform", operator: "Exists" }]);
            assert.match(JSON.stringify(pod.affinity), /"key":"pool","operator":"In","values":\["platform"\]/);
            assert.equal(pod.metadata?.annotations?.["cluster-autoscaler.kubernetes.io/safe-to-evict"], "true");
        }
        const containers = objects
            .all("KafkaNodePool")
            .flatMap(({ spec: { template } }) =>
                [template.kafkaContainer, template.initContainer].filter((each) => each !== undefined),
            );
        const { topicOperatorContainer, userOperatorContainer } = entityOperator.template;
        for (const { securityContext } of [...containers, topicOperatorContainer, userOperatorContainer]) {
            assert.equal(securityContext?.allowPrivilegeEscalation, false);
            assert.equal(securityContext.readOnlyRootFilesystem, true);
            assert.deepEqual(securityContext.capabilities, { drop: ["ALL"] });
        }
        const alone = objects.one("KafkaNodePool", "brokers", "sandbox-jobs").spec.template.pod;
        assert.equal(alone.metadata?.annotations?.["cluster-autoscaler.kubernetes.io/safe-to-evict"], "false");
        assert.equal(alone.topologySpreadConstraints, undefined);
        assert.equal(objects.one("KafkaNodePool", "brokers").spec.template.pod.topologySpreadConstraints?.length, 2);
    });

    it("gives the same handle as the light form: listener, certificate, users", () => {
        const { handle, user, certificates } = made.outputs as {
            handle: { bootstrap: string; peer: object };
            user: object;
            certificates: object[];
        };
        const address = "kafka-kafka-bootstrap.sandbox-streaming.svc:9093";
        assert.deepEqual(handle, {
            ...{ bootstrap: address, protocol: "SASL_SSL", mechanism: "SCRAM-SHA-512" },
            peer: {
                namespace: "sandbox-streaming",
                podLabels: {
                    "strimzi.io/cluster": "kafka",
                    "strimzi.io/name": "kafka-kafka",
                    "strimzi.io/broker-role": "true",
                },
                port: 9093,
                clientLabels: { "data-platform.io/uses-kafka": "true" },
            },
            admin: { namespace: "sandbox-streaming", name: "kafka-user-admin", keys: ["username", "password"] },
        });
        assert.deepEqual(user, {
            ...{ namespace: "sandbox-streaming", name: "kafka-user-ingest" },
            keys: ["username", "password"],
        });
        assert.deepEqual(certificates[0], {
            service: "kafka-kafka-bootstrap",
            dnsNames: [
                "*.kafka-kafka-brokers.sandbox-streaming.svc",
                "*.kafka-kafka-brokers.sandbox-streaming.svc.cluster.local",
            ],
        });
        const { listeners } = objects.one("Kafka", "kafka").spec.kafka;
        assert.deepEqual(listeners[0].configuration.brokerCertChainAndKey, {
            ...{ secretName: "kafka-tls", certificate: "tls.crt", key: "tls.key" },
        });
    });

    it("gives each user the rights that the light form gives it, under our password", () => {
        const placement = { priorityClassName: "x" };
        const args = {
            ...eventStreamDefaults,
            ...{ placement, chart: "./charts/kafka", topics: eventStreamDefaults.topics },
            images: { registry: "registry.test/x", pullPolicy: "IfNotPresent" as const },
        };
        const users = Object.fromEntries(applications(args).map((app) => [app, { name: app }]));
        const given = { admin: { name: "admin" }, users, certificate: "a", authority: "b", secretVersion: "1" };
        const light = lightValues("kafka", args, given).users as Record<
            "name" | "produce" | "consume" | "transactionalIds" | "groups",
            string[] & string
        >[];
        for (const { name, produce, consume, transactionalIds, groups } of light) {
            const { spec } = objects.one("KafkaUser", name, "sandbox-jobs");
            const rights = (type: string, patternType: string, operation: string) =>
                spec.authorization?.acls
                    .filter(({ resource, operations }) => {
                        assert.ok(operations.includes("Describe"));
                        return (
                            resource.type === type &&
                            resource.patternType === patternType &&
                            operations.includes(operation as "Read")
                        );
                    })
                    .map(({ resource }) => resource.name);
            assert.deepEqual(rights("topic", "literal", "Write"), produce);
            assert.deepEqual(rights("topic", "literal", "Read"), consume);
            assert.deepEqual(rights("transactionalId", "prefix", "Write"), transactionalIds);
            assert.deepEqual(rights("group", "prefix", "Read"), groups);
            assert.equal(spec.authorization?.acls.length, produce.length + consume.length + 2);
            const { secretKeyRef } = spec.authentication.password.valueFrom;
            assert.deepEqual(secretKeyRef, { name: `small-user-${name}`, key: "password" });
        }
        assert.equal(objects.one("KafkaUser", "admin").spec.authorization, undefined);
        assert.deepEqual(objects.one("Kafka", "kafka").spec.kafka.authorization.superUsers, ["admin"]);
    });

    it("has no Secret of ours under the name of one of the operator's", () => {
        const { secretPrefix } = objects.one("Kafka", "kafka").spec.entityOperator.userOperator;
        const ours = made.all("Secret").map(({ inputs }) => (inputs as unknown as Named).metadata.name);
        const theirs = objects.all("KafkaUser").map(({ metadata }) => `${secretPrefix}${metadata.name}`);
        assert.deepEqual(
            ours.filter((name) => theirs.includes(name)),
            [],
        );
    });

    it("carries any topic's real name, and objects' names never meet", () => {
        const odd = objects.all("KafkaTopic").find(({ spec }) => spec.topicName === "Raw.Events_v2");
        assert.match(odd?.metadata.name ?? "", /^raw-events-v2-[0-9a-f]{8}$/);
        assert.equal(odd?.spec.replicas, 2);
        const names = ["a.b", "a_b", "A.b", "a-b", "a..b", "__x", "_", ".", "..", "x".repeat(200)].map(topicObjectName);
        assert.equal(new Set(names).size, names.length);
        for (const name of names)
            assert.match(name, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
        assert.equal(topicObjectName("flights-dead-letter"), "flights-dead-letter");
    });

    it("is closed but for what the parts need of each other, and for clients of the stack", () => {
        const policy = (name: string) =>
            made.one("NetworkPolicy", `kafka-policy-${name}`).inputs.spec as {
                ingress?: { from: object[]; ports: { port: number }[] }[];
                egress?: { to?: object[]; ports: { port: number }[] }[];
                podSelector: { matchLabels: Record<string, string> };
            };
        const ports = (rules: { ports: { port: number }[] }[] = []) =>
            rules.map((rule) => rule.ports.map(({ port }) => port));
        const nodes = policy("kafka");
        assert.deepEqual(ports(nodes.ingress), [[9090], [9091], [8443], [9404]]);
        assert.deepEqual(ports(nodes.egress), [
            [9090, 9091],
            [443, 6443],
        ]);
        const operator = {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "strimzi-operator" } },
            podSelector: { matchLabels: { "strimzi.io/kind": "cluster-operator" } },
        };
        assert.deepEqual(nodes.ingress?.[2].from, [operator]);
        const clients = policy("kafka-clients");
        assert.deepEqual(ports(clients.ingress), [[9093]]);
        assert.equal(clients.podSelector.matchLabels["strimzi.io/broker-role"], "true");
        assert.deepEqual(ports(policy("kafka-entity-operator").egress), [[9091], [443, 6443]]);
        assert.equal(policy("kafka-entity-operator").ingress, undefined);
        const small = made.one("NetworkPolicy", "small-policy-small").inputs.spec as { ingress: object[] };
        assert.equal(small.ingress.length, 3);
    });
});
