import { Manifest } from "../../render/helm";

/** A pod, as far as policies look at it. */
export interface Pod {
    name: string;
    namespace: string;
    labels: Record<string, string>;
    ports: PodPort[];
}

export interface PodPort {
    name?: string;
    port: number;
    protocol: string;
}

const tcp = (...ports: number[]): PodPort[] => ports.map((port) => ({ port, protocol: "TCP" }));
const app = "app.kubernetes.io";

/** The pods that operators make of their objects, and those of charts that stand in the tree by their values. */
export function operatorPods(object: Manifest): Pod[] {
    const make = makers[object.kind];
    return make ? make(object) : [];
}

const makers: Record<string, (object: Manifest) => Pod[]> = {
    Release: ({ metadata: { name, namespace = "" }, spec }) => {
        const { values = {} } = spec as { values?: Record<string, unknown> };
        return (releases[name]?.(name, values) ?? []).map((pod) => ({ ...pod, namespace }));
    },
    SparkApplication: ({ metadata: { name, namespace = "" }, spec }) =>
        (["driver", "executor"] as const).map((role) => ({
            name: `${name}-${role}`,
            namespace,
            labels: {
                ...(spec as Record<typeof role, SparkPod>)[role].template?.metadata?.labels,
                ...(spec as Record<typeof role, SparkPod>)[role].labels,
                "spark-role": role,
                "sparkoperator.k8s.io/app-name": name,
                "sparkoperator.k8s.io/launched-by-spark-operator": "true",
            },
            ports: tcp(7078, 7079, 4040),
        })),
    KafkaNodePool: ({ metadata: { name, namespace = "", labels = {} }, spec }) => {
        const { roles } = spec as { roles: string[] };
        const cluster = labels["strimzi.io/cluster"];
        return [
            {
                name: `${cluster}-${name}-0`,
                namespace,
                labels: {
                    ...templateLabels(spec),
                    ...strimziLabels(cluster, "kafka"),
                    "strimzi.io/pool-name": name,
                    "strimzi.io/broker-role": String(roles.includes("broker")),
                    "strimzi.io/controller-role": String(roles.includes("controller")),
                    "strimzi.io/controller": "strimzipodset",
                    "strimzi.io/controller-name": `${cluster}-${name}`,
                    "strimzi.io/pod-name": `${cluster}-${name}-0`,
                },
                ports: tcp(8443, 9090, 9091, 9093, 9404),
            },
        ];
    },
    Kafka: ({ metadata: { name, namespace = "" }, spec }) => {
        const { entityOperator } = spec as { entityOperator?: object };
        if (!entityOperator) return [];
        const labels = { ...templateLabels(entityOperator), ...strimziLabels(name, "entity-operator") };
        return [{ name: `${name}-entity-operator`, namespace, labels, ports: tcp(8080, 8081) }];
    },
    Cluster: ({ apiVersion, metadata: { name, namespace = "" } }) => {
        if (!apiVersion.startsWith("postgresql.cnpg.io/")) return [];
        const common = {
            "cnpg.io/cluster": name,
            "cnpg.io/instanceName": `${name}-1`,
            [`${app}/name`]: "postgresql",
            [`${app}/instance`]: name,
            [`${app}/component`]: "database",
            [`${app}/managed-by`]: "cloudnative-pg",
        };
        return [
            {
                name: `${name}-1`,
                namespace,
                labels: {
                    ...common,
                    "cnpg.io/podRole": "instance",
                    "cnpg.io/instanceRole": "primary",
                    role: "primary",
                },
                ports: tcp(5432, 8000, 9187),
            },
            ...["initdb", "join"].map((role) => ({
                name: `${name}-1-${role}`,
                namespace,
                labels: { ...common, "cnpg.io/jobRole": role },
                ports: [],
            })),
        ];
    },
};

interface SparkPod {
    labels?: Record<string, string>;
    template?: { metadata?: { labels?: Record<string, string> } };
}

function templateLabels(spec: unknown): Record<string, string> {
    const { template } = spec as { template?: { pod?: { metadata?: { labels?: Record<string, string> } } } };
    return template?.pod?.metadata?.labels ?? {};
}

function strimziLabels(cluster: string, component: string): Record<string, string> {
    return {
        "strimzi.io/cluster": cluster,
        "strimzi.io/kind": "Kafka",
        "strimzi.io/name": `${cluster}-${component}`,
        "strimzi.io/component-type": component,
        [`${app}/name`]: component,
        [`${app}/instance`]: cluster,
        [`${app}/part-of`]: `strimzi-${cluster}`,
        [`${app}/managed-by`]: "strimzi-cluster-operator",
    };
}

type ReleasePods = (name: string, values: Record<string, unknown>) => Omit<Pod, "namespace">[];

/** Upstream's charts by the names of their releases, with the labels that their templates give. */
const releases: Record<string, ReleasePods> = {
    airflow: (release, values) => {
        const of = (section: string, component: string, ports: PodPort[] = []) => ({
            name: `${release}-${component}`,
            labels: {
                tier: "airflow",
                component,
                release,
                ...(values.labels as Record<string, string> | undefined),
                ...(values[section] as { labels?: Record<string, string> } | undefined)?.labels,
            },
            ports,
        });
        return [
            of("apiServer", "api-server", tcp(8080)),
            of("scheduler", "scheduler"),
            of("dagProcessor", "dag-processor"),
            of("triggerer", "triggerer", tcp(8794)),
            of("workers", "worker", tcp(8793)),
            of("migrateDatabaseJob", "run-airflow-migrations"),
            of("createUserJob", "create-user-job"),
        ];
    },
    "cert-manager": (release) =>
        [
            ["cert-manager", "controller", 9402, 9403],
            ["webhook", "webhook", 10250, 6080],
            ["cainjector", "cainjector", 9402],
            ["startupapicheck", "startupapicheck"],
        ].map(([name, component, ...ports]) => ({
            name: name === release ? release : `${release}-${name}`,
            labels: { app: `${name}`, ...chartLabels(`${name}`, release), [`${app}/component`]: `${component}` },
            ports: tcp(...(ports as number[])),
        })),
    "spark-operator": (release) =>
        (["controller", "webhook"] as const).map((component) => ({
            name: `${release}-${component}`,
            labels: { ...chartLabels("spark-operator", release), [`${app}/component`]: component },
            ports: tcp(...{ controller: [8080], webhook: [9443] }[component]),
        })),
    "strimzi-kafka-operator": () => [
        {
            name: "strimzi-cluster-operator",
            labels: { name: "strimzi-cluster-operator", "strimzi.io/kind": "cluster-operator" },
            ports: tcp(8080),
        },
    ],
    "cloudnative-pg": (release) => [
        { name: release, labels: chartLabels("cloudnative-pg", release), ports: tcp(8080, 9443) },
    ],
    keda: (release) =>
        [
            ["keda-operator", 8080, 9666],
            ["keda-operator-metrics-apiserver", 6443, 8080],
            ["keda-admission-webhooks", 9443, 8080],
        ].map(([name, ...ports]) => ({
            name: `${name}`,
            labels: { app: `${name}`, ...chartLabels(`${name}`, release), [`${app}/part-of`]: "keda-operator" },
            ports: tcp(...(ports as number[])),
        })),
};

function chartLabels(name: string, release: string): Record<string, string> {
    return { [`${app}/name`]: name, [`${app}/instance`]: release, [`${app}/managed-by`]: "Helm" };
}
