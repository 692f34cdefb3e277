import fc from "fast-check";

import { resources } from "./declarations";
import * as of from "./values";

const whole = (model: Record<string, fc.Arbitrary<unknown>>) => fc.record(model, { noNullPrototype: true });

/** Only what a topic or a bucket must have besides, for those who ask for it. */
const topics = fc
    .array(
        whole({
            name: of.topic,
            partitions: of.kind(fc.integer({ min: 1, max: 9 }), fc.constantFrom<unknown>(0, "3", 1.5)),
            producers: of.listOf(of.label),
            consumers: of.listOf(of.label),
            config: of.topicConfig,
        }),
        { maxLength: 3 },
    )
    .map((list) => [...list, { name: "delays", partitions: 1, producers: [], consumers: ["airflow"] }]);

const annotations = of.mapOf(of.labelKey, of.setting);

/** Keys of a stack file by their paths, with what somebody may write there. */
const keys: Record<string, fc.Arbitrary<unknown>> = {
    "kubernetes.context": of.setting,
    "kubernetes.apiServer": whole({ cidrs: of.listOf(of.cidr), ports: of.listOf(of.port) }),
    "scheduling.batch.tolerations": of.listOf(of.toleration),
    "scheduling.platform.nodeSelector": of.mapOf(of.labelKey, of.labelValue),
    "objectStore.storage": of.size,
    "objectStore.storageClass": of.objectName,
    "objectStore.resources": resources,
    "objectStore.region": of.label,
    "eventStream.topics": topics,
    "eventStream.heap": of.javaSize,
    "eventStream.storage": of.size,
    "eventStream.resources": resources,
    "database.storage": of.size,
    "database.resources": resources,
    "database.external": whole({ host: of.objectName, cidrs: of.listOf(of.cidr), port: of.port }),
    "workloads.flights.schedule": of.schedule,
    "workloads.flights.timeZone": of.timeZone,
    "workloads.flights.priority": of.choice("critical", "batch"),
    "orchestrator.cleanup.schedule": of.schedule,
    "orchestrator.scheduler.resources": resources,
    "orchestrator.worker.resources": resources,
    "orchestrator.dags": whole({ kind: of.choice("image", "git"), repo: of.setting, subPath: of.path }),
    "namespaces.prefix": of.label,
    "namespaces.quotas.jobs": whole({ cpu: of.cpu, memory: of.size, pods: of.count }),
    "namespaces.quotas.streaming": whole({ ephemeralStorage: of.size, devices: of.mapOf(of.device, of.count) }),
    "workloads.own": of.mapOf(
        of.name,
        whole({ schedule: of.schedule, timeZone: of.timeZone, settings: of.mapOf(of.variable, of.setting) }),
    ),
    secrets: of.mapOf(of.label, of.mapOf(of.secretKey, of.secretValue)),
    "ingress.hosts.tracking": of.objectName,
    "ingress.className": of.objectName,
    "ingress.controller": of.choice("traefik", "haproxy", "nginx", "openshift"),
    "ingress.controllerLabels": of.mapOf(of.labelKey, of.labelValue),
    "ingress.gateway": whole({
        ...{ name: of.objectName, className: of.objectName },
        ...{ namespace: of.label, sectionName: of.objectName },
    }),
    "ingress.annotations": annotations,
    "chartValues.airflow.labels": of.mapOf(of.labelKey, of.labelValue),
    "chartValues.airflow.airflowPodAnnotations": annotations,
    "chartValues.airflow.config": of.mapOf(of.label, of.mapOf(of.label, of.setting)),
    "chartValues.keda.logging": fc.jsonValue({ maxDepth: 4 }),
    "images.registry": of.kind(fc.constantFrom("ghcr.io/acme/x", "registry:5000/a"), of.setting),
    "tracking.users": of.listOf(whole({ name: of.label, permission: of.choice("READ", "EDIT") })),
    "spark.operator.resources": resources,
    "certificates.duration": of.kind(
        fc.constantFrom("2160h", "720h"),
        fc.constantFrom("90d", "0h", "2160h0m0s", "1e3h"),
    ),
    credentials: of.mapOf(fc.constantFrom("objectStore.root", "tracking.admin", "database.airflow", "x"), of.setting),
    protect: of.flag,
    profile: of.choice("dev", "staging", "prod"),
    cluster: of.otherTypes,
    confg: of.otherTypes,
    __proto__x: of.otherTypes,
};

type Tree = Record<string, unknown>;

function put(tree: Tree, path: string, value: unknown): void {
    const [first, ...rest] = path.split(".");
    if (rest.length === 0) tree[first] = value;
    else {
        tree[first] ??= {};
        if (typeof tree[first] === "object") put(tree[first] as Tree, rest.join("."), value);
    }
}

const paths = Object.keys(keys);

/** Stack files' keys, up to four of somebody's own beside those that every stack needs. */
export const configs: fc.Arbitrary<Tree> = fc.shuffledSubarray(paths, { maxLength: 4 }).chain((chosen) =>
    fc.tuple(...chosen.map((path) => keys[path])).map((values) => {
        const tree: Tree = {
            profile: "dev",
            images: { registry: "registry.example.com/data-platform" },
            // What the sample needs stands in the defaults; a config with topics of its own has none of those.
            ...(chosen.includes("eventStream.topics") ? { workloads: { flights: { enabled: false } } } : {}),
        };
        chosen.forEach((path, index) => put(tree, path, values[index]));
        return tree;
    }),
);
