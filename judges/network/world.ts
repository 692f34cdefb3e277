import { parseAllDocuments } from "yaml";

import { prefix } from "../../components/labels";
import { Manifest } from "../../render/helm";
import { operatorPods, Pod, PodPort } from "./operators";

/** Where a connection begins or ends: a pod, or an address outside of the cluster. */
export interface End {
    name: string;
    ip: string;
    /** Absent for an address outside. */
    namespace?: string;
    namespaceLabels?: Record<string, string>;
    labels?: Record<string, string>;
    ports: PodPort[];
    /** A pod of the stack or of the cluster plane, whose policies are judged. */
    ours: boolean;
}

/** All that connections could be tried between. */
export interface World {
    stack: string;
    policies: Manifest[];
    ends: End[];
    /** Kinds of objects that the stack makes. */
    kinds: ReadonlySet<string>;
}

type Labels = Record<string, string>;

/**
 * The pods that a stack's objects come to, its policies, and strangers in and outside of the cluster.
 *
 * @param ingressNamespace Where the ingress controller's pods are.
 */
export function worldOf(stack: string, objects: Manifest[], ingressNamespace: string): World {
    const namespaces = new Map<string, Labels>(
        objects.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => [metadata.name, known(metadata)]),
    );
    const all = everything(objects);
    const pods = all.flatMap(podsOf);
    const bystanders = [...namespaces.keys()].map((namespace) => bare("a pod of nobody's", namespace, {}));
    const controller = { ...strangers.get(ingressNamespace)?.pods, "the ingress controller": {} };
    const others = new Map([...strangers, [ingressNamespace, { pods: controller }] as const]);
    const foreign = [...others].flatMap(([namespace, { pods }]) =>
        Object.entries(pods).map(([name, labels]) => bare(name, namespace, labels)),
    );
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
        ends: [...ends, ...outside],
        kinds: new Set(all.map(({ kind }) => kind)),
    };
}

const systems = ["minio", "kafka", "postgresql", "mlflow", "airflow"];
const allUses = Object.fromEntries(systems.map((system) => [`${prefix}/uses-${system}`, "true"]));

/** Namespaces of others, with their pods by name: none of them may get in by wearing our labels. */
const strangers = new Map<string, { labels?: Labels; pods: Record<string, Labels> }>([
    ["kube-system", { pods: { dns: { "k8s-app": "kube-dns" }, "another pod": { "k8s-app": "metrics-server" } } }],
    ["default", { pods: { stranger: {}, "stranger with our labels": allUses } }],
    [
        "another-jobs",
        {
            labels: { [`${prefix}/stack`]: "another", [`${prefix}/system`]: "jobs" },
            pods: { "pod of another stack": allUses },
        },
    ],
]);

function bare(name: string, namespace: string, labels: Labels): Pod {
    return { name, namespace, labels, ports: [] };
}

/** Addresses outside: a private one such as the API server may have, one of the internet, and where clouds hand out credentials. */
const outside: End[] = [
    { name: "10.0.0.1 (private)", ip: "10.0.0.1", ports: [], ours: false },
    { name: "203.0.113.7 (internet)", ip: "203.0.113.7", ports: [], ours: false },
    { name: "169.254.169.254 (metadata)", ip: "169.254.169.254", ports: [], ours: false },
];

/** The label that the API server gives every namespace is in no manifest. */
function known({ name, labels = {} }: { name: string; labels?: Labels }): Labels {
    return { ...labels, "kubernetes.io/metadata.name": name };
}

/** The objects, and those that stand as text in ConfigMaps: templates of pods and of Spark jobs. */
function everything(objects: Manifest[]): Manifest[] {
    const inside = objects
        .filter(({ kind }) => kind === "ConfigMap")
        .flatMap(({ data, metadata }) =>
            Object.entries((data ?? {}) as Record<string, string>)
                .filter(([file, text]) => /\.ya?ml$/.test(file) && /^kind: (Pod|SparkApplication)$/m.test(text))
                .flatMap(([file, text]) =>
                    parseAllDocuments(text, { version: "1.1" }).map((document) => {
                        const manifest = document.toJS() as Manifest;
                        const name = manifest.metadata.name ?? file;
                        const namespace = manifest.metadata.namespace ?? metadata.namespace;
                        return { ...manifest, metadata: { ...manifest.metadata, name, namespace } };
                    }),
                ),
        );
    return [...objects, ...inside];
}

interface Template {
    metadata?: { labels?: Labels };
    spec: { containers: { ports?: { name?: string; containerPort: number; protocol?: string }[] }[] };
}

interface PodMaker {
    template?: Template;
    jobTemplate?: { spec: { template: Template } };
}

/** The pods that an object makes, by itself or by its operator. */
function podsOf(object: Manifest): Pod[] {
    const { kind, metadata } = object;
    const { name, namespace = "default" } = metadata;
    if (kind === "Pod") return [pod(name, namespace, object as unknown as Template)];
    const { template, jobTemplate } = (object.spec ?? {}) as PodMaker;
    if (["Deployment", "StatefulSet", "DaemonSet", "Job"].includes(kind) && template) {
        return [pod(name, namespace, template, kind)];
    }
    if (kind === "CronJob" && jobTemplate) return [pod(name, namespace, jobTemplate.spec.template, "Job")];
    return operatorPods(object);
}

function pod(name: string, namespace: string, { metadata, spec }: Template, maker?: string): Pod {
    return {
        name,
        namespace,
        // What its controller adds; which of several it is doesn't matter.
        labels: {
            ...metadata?.labels,
            ...(maker === "Job" ? { "batch.kubernetes.io/job-name": name, "job-name": name } : {}),
        },
        ports: spec.containers.flatMap(({ ports = [] }) =>
            ports.map(({ name, containerPort, protocol = "TCP" }) => ({ name, port: containerPort, protocol })),
        ),
    };
}
