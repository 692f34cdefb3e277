import { at, isRecord, listAt, type Manifest, mapAt } from "../objects";
import { defined, pod } from "./pod";

/** Level by which Strimzi's operator secures its pods by itself: `STRIMZI_POD_SECURITY_PROVIDER_CLASS`. */
export type PodSecurityProvider = "baseline" | "restricted";

const providerVariable = "STRIMZI_POD_SECURITY_PROVIDER_CLASS";

/** Settings that the restricted provider gives every container. */
const restrictedContext = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    runAsNonRoot: true,
    seccompProfile: { type: "RuntimeDefault" },
};

/**
 * The provider that the operator of these objects is told to use: by its Deployment, or by the values of its Release where its
 * chart wasn't at hand. Nothing where the operator is not among them.
 */
export function providerOf(manifests: Manifest[]): PodSecurityProvider | undefined {
    const operators = manifests.filter(
        ({ kind, metadata, spec }) =>
            (kind === "Deployment" && metadata.name === "strimzi-cluster-operator") ||
            (kind === "Release" && isStrimziChart(at(spec, "chart"))),
    );
    const declared = operators
        .flatMap(({ spec }) => environmentIn(spec))
        .find(({ name }) => name === providerVariable)?.value;
    if (operators.length === 0) return undefined;
    return /^restricted$|RestrictedPodSecurityProvider$/.test(String(declared)) ? "restricted" : "baseline";
}

function isStrimziChart(chart: unknown): boolean {
    return typeof chart === "string" && chart.includes("strimzi-kafka-operator");
}

function environmentIn(value: unknown): Record<string, unknown>[] {
    if (Array.isArray(value)) return value.flatMap(environmentIn);
    if (!isRecord(value)) return [];
    return value.name === providerVariable ? [value] : Object.values(value).flatMap(environmentIn);
}

/** Ports by their name. */
type Ports = Record<string, number>;

/** One kind of pod that Strimzi makes. */
interface Part {
    name: string;
    /** Ends the value of the label `strimzi.io/name`. */
    component: string;
    /** `template` of the custom resource, and the keys in it that are for this pod. */
    template: Record<string, unknown>;
    containers: { name: string; templateKey: string; resources: unknown; image?: unknown; ports?: Ports }[];
    init?: { name: string; resources: unknown };
    labels?: Record<string, string>;
    volumes?: Record<string, unknown>[];
}

/** The pods of a Kafka and of the node pools that name it: one broker or controller a pool, and the operators beside them. */
export function strimziPods(kafka: Manifest, pools: Manifest[], provider: PodSecurityProvider): Manifest[] {
    const cluster = kafka.metadata.name;
    const spec = mapAt(kafka, "spec");
    const brokers = mapAt(spec, "kafka");
    const mine = pools.filter(
        ({ metadata }) =>
            metadata.namespace === kafka.metadata.namespace && metadata.labels?.["strimzi.io/cluster"] === cluster,
    );
    const parts: Part[] = mine.map((pool) => nodeOf(cluster, brokers, pool));
    if (isRecord(spec.entityOperator)) parts.push(entityOperator(cluster, spec.entityOperator));
    for (const [key, name] of [
        ["kafkaExporter", "kafka-exporter"],
        ["cruiseControl", "cruise-control"],
    ]) {
        if (!isRecord(spec[key])) continue;
        const { resources, template, image } = mapAt(spec, key);
        parts.push({
            name: `${cluster}-${name}`,
            component: name,
            template: mapAt({ template }, "template"),
            containers: [
                { name: `${cluster}-${name}`, templateKey: "container", resources, image, ports: { metrics: 9404 } },
            ],
        });
    }
    return parts.map((part) => podOfPart(kafka, part, provider));
}

function nodeOf(cluster: string, brokers: Record<string, unknown>, pool: Manifest): Part {
    const spec = mapAt(pool, "spec");
    const roles = Array.isArray(spec.roles) ? spec.roles : [];
    // A pool's template stands in for the cluster's, key by key.
    const template = { ...mapAt(brokers, "template"), ...mapAt(spec, "template") };
    const resources = spec.resources ?? brokers.resources;
    return {
        name: `${cluster}-${pool.metadata.name}-0`,
        component: "kafka",
        template,
        containers: [
            {
                name: "kafka",
                templateKey: "kafkaContainer",
                resources,
                image: brokers.image,
                ports: ports(brokers, roles),
            },
        ],
        ...(brokers.rack && roles.includes("broker") ? { init: { name: "kafka-init", resources } } : {}),
        labels: {
            "strimzi.io/pool-name": pool.metadata.name,
            "strimzi.io/broker-role": String(roles.includes("broker")),
            "strimzi.io/controller-role": String(roles.includes("controller")),
        },
        volumes: [{ name: "data", persistentVolumeClaim: { claimName: `data-${cluster}-${pool.metadata.name}-0` } }],
    };
}

/** Ports of a node: for the others, for the operator, and for clients as far as it is a broker. */
function ports(brokers: Record<string, unknown>, roles: unknown[]): Ports {
    const listeners = roles.includes("broker") ? listAt(brokers, "listeners") : [];
    return {
        ...(roles.includes("controller") ? { "tcp-ctrlplane": 9090 } : {}),
        ...(roles.includes("broker") ? { "tcp-replication": 9091 } : {}),
        ...Object.fromEntries(listeners.map(({ name, port }) => [`tcp-${String(name)}`, Number(port)])),
        "tcp-kafkaagent": 8443,
        ...(brokers.metricsConfig ? { "tcp-prometheus": 9404 } : {}),
    };
}

function entityOperator(cluster: string, spec: Record<string, unknown>): Part {
    const operator = (key: string, name: string, templateKey: string, port: number) => {
        if (!isRecord(spec[key])) return [];
        const { resources, image } = mapAt(spec, key);
        return [{ name, templateKey, resources, image, ports: { healthcheck: port } }];
    };
    return {
        name: `${cluster}-entity-operator`,
        component: "entity-operator",
        template: mapAt(spec, "template"),
        containers: [
            ...operator("topicOperator", "topic-operator", "topicOperatorContainer", 8080),
            ...operator("userOperator", "user-operator", "userOperatorContainer", 8081),
        ],
    };
}

function podOfPart(kafka: Manifest, part: Part, provider: PodSecurityProvider): Manifest {
    const cluster = kafka.metadata.name;
    const template = mapAt(part.template, "pod");
    const context = (key: string) =>
        mapAt(part.template, key).securityContext ?? (provider === "restricted" ? restrictedContext : undefined);
    const container = (name: string, key: string, resources: unknown, image: unknown) =>
        defined({
            name,
            image: image ?? `quay.io/strimzi/${part.component}:operator-default`,
            resources,
            securityContext: context(key),
            env: listAt(part.template, key, "env").length ? mapAt(part.template, key).env : undefined,
            volumeMounts: [
                { name: "strimzi-tmp", mountPath: "/tmp" },
                ...(part.volumes ?? []).map(({ name: volume }) => ({ name: volume, mountPath: "/var/lib/kafka" })),
                ...listAt(part.template, key, "volumeMounts"),
            ],
        });
    const probe = (kind: string) => ({ exec: { command: [`/opt/kafka/kafka_${kind}.sh`] }, timeoutSeconds: 5 });
    const { metadata, tmpDirSizeLimit, securityContext, volumes, ...rest } = template;
    const fsGroup = part.volumes ? { fsGroup: 0 } : undefined;
    return pod({
        name: part.name,
        namespace: kafka.metadata.namespace,
        labels: {
            ...kafka.metadata.labels,
            ...mapAt({ metadata }, "metadata", "labels"),
            ...part.labels,
            "strimzi.io/cluster": cluster,
            "strimzi.io/kind": "Kafka",
            "strimzi.io/name": `${cluster}-${part.component}`,
            "strimzi.io/component-type": part.component,
            "app.kubernetes.io/name": part.component,
            "app.kubernetes.io/instance": cluster,
            "app.kubernetes.io/managed-by": "strimzi-cluster-operator",
            "app.kubernetes.io/part-of": `strimzi-${cluster}`,
        },
        annotations: mapAt({ metadata }, "metadata", "annotations"),
        spec: {
            ...rest,
            serviceAccountName: `${cluster}-${part.component}`,
            // Where one needs the token, it is projected into that container alone.
            automountServiceAccountToken: false,
            securityContext: securityContext ?? fsGroup,
            initContainers: part.init
                ? [container(part.init.name, "initContainer", part.init.resources, undefined)]
                : undefined,
            containers: part.containers.map(({ name, templateKey, resources, image, ports = {} }) => ({
                ...container(name, templateKey, resources, image),
                readinessProbe: probe("readiness"),
                livenessProbe: probe("liveness"),
                ports: Object.entries(ports).map(([port, containerPort]) => ({
                    name: port,
                    containerPort,
                    protocol: "TCP",
                })),
            })),
            volumes: [
                { name: "strimzi-tmp", emptyDir: { medium: "Memory", sizeLimit: tmpDirSizeLimit ?? "5Mi" } },
                ...(part.volumes ?? []),
                ...listAt({ volumes }, "volumes"),
            ],
        },
    });
}
