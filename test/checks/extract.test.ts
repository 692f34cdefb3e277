import assert from "node:assert/strict";

import { extract } from "../../kubernetes/pods";
import { at, listAt, type Manifest, mapAt, nameOf, readObjects } from "../../kubernetes/objects";
import { sparkApplication } from "./bad";

const extracted = (...manifests: Manifest[]) =>
    extract(manifests.map((manifest) => ({ manifest, origin: "tree" }))).objects.map(({ manifest }) => manifest);

const container = (pod: Manifest, name: string) => {
    const spec = mapAt(pod, "spec");
    const found = [...listAt(spec, "containers"), ...listAt(spec, "initContainers")].find((each) => each.name === name);
    assert.ok(found, `${nameOf(pod)} has no container ${name}`);
    return found;
};

const custom = (apiVersion: string, kind: string, name: string, spec: Record<string, unknown>): Manifest => ({
    apiVersion,
    kind,
    metadata: { name, namespace: "apps" },
    spec,
});

describe("pods that hide are brought to light", () => {
    it("Spark: driver and executor, with the fields of the role over those of its template", () => {
        const application = sparkApplication({ privileged: true });
        const [driver, executor] = extracted(application);
        assert.deepEqual([nameOf(driver), nameOf(executor)], ["Pod/apps/job-driver", "Pod/apps/job-executor"]);
        const spark = container(driver, "spark-kubernetes-driver");
        assert.deepEqual(spark.securityContext, { privileged: true });
        assert.deepEqual(spark.resources, {
            requests: { cpu: "1", memory: "896Mi" },
            limits: { cpu: "1", memory: "896Mi" },
        });
        assert.equal(at(driver, "spec", "serviceAccountName"), "spark");
        assert.equal(driver.metadata.labels?.["spark-role"], "driver");
    });

    it("Spark: a schedule's application, host network, sidecars and volumes", () => {
        const spec = mapAt(sparkApplication({}), "spec");
        const driver = { ...mapAt(spec, "driver"), hostNetwork: true, sidecars: [{ name: "side", image: "side:1" }] };
        const [pod] = extracted(
            custom("sparkoperator.k8s.io/v1beta2", "ScheduledSparkApplication", "nightly", {
                schedule: "@daily",
                template: { ...spec, driver, volumes: [{ name: "host", hostPath: { path: "/" } }] },
            }),
        );
        assert.equal(nameOf(pod), "Pod/apps/nightly-driver");
        assert.equal(at(pod, "spec", "hostNetwork"), true);
        assert.equal(container(pod, "side").image, "side:1");
        assert.deepEqual(at(pod, "spec", "volumes"), [{ name: "host", hostPath: { path: "/" } }]);
    });

    it("ConfigMaps: Airflow's pod template where Airflow starts its pods, and whatever else is a manifest", () => {
        const config: Manifest = {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { name: "airflow-config", namespace: "airflow" },
            data: {
                "airflow.cfg": "[core]\nnamespace = wrong\n[kubernetes_executor]\ndelete = True\nnamespace = workers\n",
                "pod_template_file.yaml": "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: base, image: a:1}]}\n",
                "settings.json": '{"kind": "settings"}',
            },
        };
        assert.deepEqual(extracted(config).map(nameOf), ["Pod/workers/pod_template_file".replaceAll("_", "-")]);
    });

    it("ConfigMaps: text is read as Python and kubectl read it", () => {
        const [pod] = readObjects("apiVersion: v1\nkind: Pod\nspec: {paused: on, date: 2026-02-12}\n");
        assert.deepEqual(pod.spec, { paused: true, date: "2026-02-12" });
    });

    const kafka = custom("kafka.strimzi.io/v1", "Kafka", "kafka", {
        kafka: {
            image: "kafka:1",
            rack: { topologyKey: "zone" },
            listeners: [{ name: "clients", port: 9093 }],
            template: { kafkaContainer: { env: [{ name: "A", value: "b" }] } },
        },
        entityOperator: { topicOperator: {}, userOperator: {}, template: { pod: { priorityClassName: "high" } } },
    });
    const pool = (name: string, roles: string[], template = {}): Manifest => {
        const made = custom("kafka.strimzi.io/v1", "KafkaNodePool", name, {
            roles,
            template,
            resources: { limits: {} },
        });
        made.metadata.labels = { "strimzi.io/cluster": "kafka" };
        return made;
    };
    const operator = (env: object[]) =>
        custom("helm.sh/v3", "Release", "strimzi", { chart: "strimzi-kafka-operator", values: { extraEnvs: env } });
    const restricted = operator([{ name: "STRIMZI_POD_SECURITY_PROVIDER_CLASS", value: "restricted" }]);

    it("Strimzi: a node of each pool and the entity operator, as the restricted provider secures them", () => {
        const pods = extracted(restricted, kafka, pool("brokers", ["broker"]), pool("controllers", ["controller"]));
        assert.deepEqual(pods.map(nameOf), [
            "Pod/apps/kafka-brokers-0",
            "Pod/apps/kafka-controllers-0",
            "Pod/apps/kafka-entity-operator",
        ]);
        const [broker, controller, entity] = pods;
        for (const name of ["kafka", "kafka-init"])
            assert.deepEqual(at(container(broker, name), "securityContext", "capabilities"), { drop: ["ALL"] });
        assert.deepEqual(container(broker, "kafka").env, [{ name: "A", value: "b" }]);
        assert.deepEqual(
            listAt(container(broker, "kafka"), "ports").map(({ containerPort }) => containerPort),
            [9091, 9093, 8443],
        );
        assert.equal(at(controller, "spec", "initContainers"), undefined);
        assert.equal(controller.metadata.labels?.["strimzi.io/controller-role"], "true");
        assert.equal(at(entity, "spec", "priorityClassName"), "high");
    });

    it("Strimzi: nothing is secured where the operator isn't told to, and a template says more than the provider", () => {
        const own = { kafkaContainer: { securityContext: { privileged: true } } };
        const [broker] = extracted(operator([]), kafka, pool("brokers", ["broker"], own));
        assert.deepEqual(container(broker, "kafka").securityContext, { privileged: true });
        assert.equal(container(broker, "kafka-init").securityContext, undefined);
        const elsewhere = extract(
            [kafka, pool("brokers", ["broker"])].map((manifest) => ({ manifest, origin: "tree" })),
        );
        assert.match(elsewhere.assumed.join(), /operator is not part of the stack/);
    });

    it("CloudNativePG: an instance and the Jobs that fill a data directory", () => {
        const cluster = custom("postgresql.cnpg.io/v1", "Cluster", "db", { instances: 3, resources: { limits: {} } });
        const pods = extracted(cluster);
        assert.deepEqual(pods.map(nameOf), ["Pod/apps/db-1", "Pod/apps/db-1-initdb", "Pod/apps/db-2-join"]);
        assert.equal(at(container(pods[0], "postgres"), "securityContext", "readOnlyRootFilesystem"), true);
        assert.equal(pods[0].metadata.labels?.["cnpg.io/cluster"], "db");
    });

    it("kinds that nobody told us about are searched", () => {
        const spec = { jobTargetRef: { template: { spec: { containers: [{ name: "a", image: "a:1" }] } } } };
        const [pod] = extracted(custom("keda.sh/v1alpha1", "ScaledJob", "scaled", spec));
        assert.equal(nameOf(pod), "Pod/apps/scaled-jobtargetref");
        assert.deepEqual(at(pod, "spec", "containers"), [{ name: "a", image: "a:1" }]);
    });

    it("Kubernetes' own kinds hide nothing", () => {
        const template = { spec: { containers: [{ name: "a", image: "a:1" }] } };
        assert.deepEqual(extracted(custom("apps/v1", "Deployment", "app", { template })), []);
    });
});
