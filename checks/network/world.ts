import { ClusterDns } from "../../config/sections/kubernetes";
import { prefix } from "../../components/labels";
import { extract, podOf } from "../../kubernetes/pods";
import { type LocatedObject, listAt, type Manifest } from "../../kubernetes/objects";
import { chartPods, Pod, PodPort, releasePods } from "./charts";

/** Start or end of a connection: a pod, or an address outside of the cluster. */
export interface End {
    name: string;
    ip: string;
    /** Absent for an address outside. */
    namespace?: string;
    namespaceLabels?: Record<string, string>;
    labels?: Record<string, string>;
    ports: PodPort[];
    /** Services that its program is told to call, as `<service>.<namespace>:<port>`. */
    addresses?: string[];
    /** A pod of the stack or of the cluster add-ons, whose policies are checked. */
    ours: boolean;
}

/** All that connections could be tried between. */
export interface World {
    stack: string;
    policies: Manifest[];
    services: Manifest[];
    ends: End[];
    /** Kinds of objects that the stack makes. */
    kinds: ReadonlySet<string>;
    /** Systems that it has namespaces of. */
    systems: ReadonlySet<string>;
}

type Labels = Record<string, string>;

/** What of the cluster policies name. */
interface Surroundings {
    /** Pods that pass visitors on. */
    proxies: { namespace: string; labels: Labels };
    dns: ClusterDns;
    /** Ranges that the config names: somebody is at the first address of each. */
    cidrs: string[];
}

/** The pods that a stack's objects come to, its policies, and strangers in and outside of the cluster. */
export function worldOf(stack: string, objects: Manifest[], { proxies, dns, cidrs }: Surroundings): World {
    const namespaces = new Map<string, Labels>(
        objects.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => [metadata.name, known(metadata)]),
    );
    const given = objects.map((manifest): LocatedObject => ({ manifest, origin: "" }));
    const all = [...objects, ...extract(given).objects.map(({ manifest }) => manifest)];
    const pods = all.flatMap(podsOf);
    const bystanders = [...namespaces.keys()].map((namespace) => bare("a pod of nobody's", namespace, {}));
    const others = new Map(strangers);
    const add = (namespace: string, pods: Record<string, Labels>) => {
        const there = others.get(namespace);
        others.set(namespace, { ...there, pods: { ...there?.pods, ...pods } });
    };
    add(proxies.namespace, { "the ingress controller": proxies.labels });
    // Where labels tell them apart, others of their namespace stay outside.
    if (Object.keys(proxies.labels).length > 0) add(proxies.namespace, { "no ingress controller": {} });
    for (const [index, { namespace, labels }] of dns.pods.entries()) {
        add(namespace, { [`dns ${index + 1}`]: labels, "another pod": { "k8s-app": "metrics-server" } });
    }
    const foreign = [
        ...[...others].flatMap(([namespace, { pods }]) =>
            Object.entries(pods).map(([name, labels]) => bare(name, namespace, labels)),
        ),
        // Cluster add-ons that another stack has made.
        ...Object.entries(planes)
            .filter(([namespace]) => !namespaces.has(namespace))
            .flatMap(([namespace, release]) => releasePods(release, namespace)),
    ];
    const ends = [...pods, ...bystanders, ...foreign].map((pod, index): End => ({
        ...pod,
        ip: `10.244.${Math.floor(index / 250)}.${(index % 250) + 1}`,
        namespaceLabels:
            namespaces.get(pod.namespace) ?? known({ name: pod.namespace, labels: others.get(pod.namespace)?.labels }),
        ours: namespaces.has(pod.namespace),
    }));
    return {
        stack,
        policies: objects.filter(({ kind }) => kind === "NetworkPolicy"),
        services: objects.filter(({ kind }) => kind === "Service"),
        ends: [...ends, ...outside, ...firstOf([...cidrs, ...dns.addresses])],
        kinds: new Set(all.map(({ kind }) => kind)),
        systems: new Set([...namespaces.values()].flatMap((labels) => labels[`${prefix}/system`] ?? [])),
    };
}

const systems = ["minio", "kafka", "postgresql", "mlflow", "airflow"];
const allUses = Object.fromEntries(systems.map((system) => [`${prefix}/uses-${system}`, "true"]));

/** Namespaces of others, with their pods by name: none of them may get in by wearing our labels. */
const strangers = new Map<string, { labels?: Labels; pods: Record<string, Labels> }>([
    ["kube-system", { pods: { dns: { "k8s-app": "kube-dns" }, "another pod": { "k8s-app": "metrics-server" } } }],
    ["monitoring", { pods: { Prometheus: { "app.kubernetes.io/name": "prometheus" } } }],
    ["default", { pods: { stranger: {}, "stranger with our labels": allUses } }],
    [
        "another-jobs",
        {
            labels: { [`${prefix}/stack`]: "another", [`${prefix}/system`]: "jobs" },
            pods: { "pod of another stack": allUses },
        },
    ],
]);

/** Operators by their namespaces, which connect to what they run in the stacks' namespaces. */
const planes = { "strimzi-operator": "strimzi-kafka-operator", "cnpg-system": "cloudnative-pg", keda: "keda" };

function bare(name: string, namespace: string, labels: Labels): Pod {
    return { name, namespace, labels, ports: [] };
}

/** Addresses outside: private ones such as the API server may have, those of the internet, and where clouds hand out credentials. */
const outside: End[] = Object.entries({
    "10.0.0.1": "private",
    "203.0.113.7": "internet",
    "2001:db8::7": "internet",
    "169.254.169.254": "metadata of most clouds",
    "169.254.170.2": "credentials of ECS",
    "100.100.100.200": "metadata of Alibaba",
    "168.63.129.16": "Azure's wire server",
    "fd00:ec2::254": "metadata of AWS",
    "fe80::a9fe:a9fe": "metadata of OpenStack",
    "169.254.20.10": "a node's cache of names",
}).map(([ip, what]) => ({ name: `${ip} (${what})`, ip, ports: [], ours: false }));

/** Ends at the first address of each range that has none yet. */
function firstOf(cidrs: string[]): End[] {
    const addresses = new Set(cidrs.map((cidr) => cidr.split("/")[0]));
    return [...addresses]
        .filter((ip) => !outside.some((end) => end.ip === ip))
        .map((ip) => ({ name: `${ip} (in the config)`, ip, ports: [], ours: false }));
}

/** The label that the API server gives every namespace is in no manifest. */
function known({ name, labels = {} }: { name: string; labels?: Labels }): Labels {
    return { ...labels, "kubernetes.io/metadata.name": name };
}

/** The pods that an object makes. Those that operators make of theirs are objects of their own by now. */
function podsOf(manifest: Manifest): Pod[] {
    const made = podOf(manifest);
    if (!made) return chartPods(manifest);
    const { name, namespace = "default", labels } = made.metadata;
    const job: Labels = /Job$/.test(manifest.kind) ? { "batch.kubernetes.io/job-name": name, "job-name": name } : {};
    const ports = listAt(made.spec, "containers").flatMap((container) => listAt(container, "ports"));
    return [
        {
            // Airflow names a worker by its task.
            name: name === "placeholder-name" ? "worker" : name,
            namespace,
            labels: { ...labels, ...job },
            ports: ports.map(({ name, containerPort, protocol }) => ({
                ...(typeof name === "string" ? { name } : {}),
                port: Number(containerPort),
                protocol: protocol === "UDP" ? "UDP" : "TCP",
            })),
            // An image is fetched by the node, also from a registry inside of the cluster.
            addresses: addressesIn(
                JSON.stringify(made.spec, (key, value: unknown) => (key === "image" ? undefined : value)),
            ),
        },
    ];
}

/** The addresses of Services in a text, as `<service>.<namespace>:<port>`. */
function addressesIn(text: string): string[] {
    const found = text.matchAll(/\b([a-z0-9][-a-z0-9]*)\.([a-z0-9][-a-z0-9]*)\.svc(?:\.cluster\.local)?:(\d+)/g);
    return [...new Set([...found].map(([, service, namespace, port]) => `${service}.${namespace}:${port}`))];
}
