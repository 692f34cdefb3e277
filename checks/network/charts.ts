import { type Manifest, mapAt } from "../../kubernetes/objects";

/** A pod, as far as policies look at it. */
export interface Pod {
    name: string;
    namespace: string;
    labels: Record<string, string>;
    ports: PodPort[];
    /** Services that its program is told to call, as `<service>.<namespace>:<port>`. */
    addresses?: string[];
}

export interface PodPort {
    name?: string;
    port: number;
    protocol: "TCP" | "UDP";
}

const tcp = (...ports: number[]): PodPort[] => ports.map((port) => ({ port, protocol: "TCP" }));
const app = "app.kubernetes.io";

/** The pods of a chart that stands in the tree by its values, and those that cert-manager makes to solve an Ingress' challenge. */
export function chartPods({ kind, metadata: { name, namespace = "" }, spec }: Manifest): Pod[] {
    if (kind === "Release") return releasePods(name, namespace, mapAt(spec, "values"));
    if (kind !== "Ingress") return [];
    const labels = { "acme.cert-manager.io/http01-solver": "true" };
    return [{ name: `cm-acme-http-solver-${name}`, namespace, labels, ports: tcp(8089) }];
}

/** The pods of one of upstream's charts. */
export function releasePods(release: string, namespace: string, values: Values = {}): Pod[] {
    return (releases[release]?.(release, values) ?? []).map((pod) => ({ ...pod, namespace }));
}

type Values = Record<string, unknown>;
type ReleasePods = (name: string, values: Values) => Omit<Pod, "namespace">[];

/** Upstream's charts by the names of their releases, with the labels that their templates give. */
const releases: Record<string, ReleasePods> = {
    airflow: (release, values) => {
        const of = (section: string, component: string, ports: PodPort[] = []) => ({
            name: `${release}-${component}`,
            labels: {
                tier: "airflow",
                component,
                release,
                ...labelsAt(values),
                ...labelsAt(values, section),
                // Of workers, those that are pods of their own.
                ...labelsAt(values, section, "kubernetes"),
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
            of("databaseCleanup", "database-cleanup"),
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

function labelsAt(values: Values, ...path: string[]): Record<string, string> {
    const labels = Object.entries(mapAt(values, ...path, "labels"));
    return Object.fromEntries(labels.map(([key, value]) => [key, String(value)]));
}
