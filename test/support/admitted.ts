import { KubeClient, KubeError, KubeObject } from "../../kubernetes/client";

interface Template {
    metadata?: object;
    spec?: object;
}

/** Asks an API server about objects that it is not to make, in namespaces that are made for it. */
export class Admission {
    private readonly namespaces = new Set<string>();

    constructor(private readonly kube: KubeClient) {}

    /** Makes namespaces as they are declared, so that Pod Security looks at what is in them. */
    async ready(objects: KubeObject[]): Promise<void> {
        for (const object of objects.filter(({ kind }) => kind === "Namespace")) {
            const { name } = object.metadata;
            if (this.namespaces.has(name)) continue;
            this.namespaces.add(name);
            await this.kube.apply(object, { force: true });
            const account = { apiVersion: "v1", kind: "ServiceAccount", namespace: name, name: "default" };
            while (!(await this.kube.get(account))) await new Promise((resolve) => setTimeout(resolve, 100));
        }
    }

    /** Takes the namespaces away again. */
    async clean(): Promise<void> {
        const all = [...this.namespaces].map((name) => ({ apiVersion: "v1", kind: "Namespace", name }));
        for (const identity of all) await this.kube.delete(identity);
        for (const identity of all)
            while (await this.kube.get(identity)) await new Promise((resolve) => setTimeout(resolve, 200));
        this.namespaces.clear();
    }

    /** Objections of the server to objects that it is only asked about. */
    async objections(objects: KubeObject[]): Promise<string[]> {
        const found: string[] = [];
        const waiting = objects.flatMap(asked);
        await Promise.all(
            Array.from({ length: 4 }, async () => {
                for (let next = waiting.pop(); next; next = waiting.pop()) {
                    const { kind, metadata } = next;
                    await this.kube.apply(next, { dryRun: true, force: true }).catch((error: unknown) => {
                        if (!(error instanceof KubeError)) throw error;
                        found.push(`${kind} ${metadata.namespace ?? ""}/${metadata.name}: ${error.message}`);
                    });
                }
            }),
        );
        return found;
    }
}

/** Objects by which the server is asked about one: itself, and the pods that others would make of it. */
function asked(object: KubeObject): KubeObject[] {
    const { kind, metadata, spec } = object as KubeObject & { spec?: Record<string, unknown> };
    if (kind === "Pod") return [pod(metadata, spec ?? {})];
    if (kind === "Namespace" || kind === "CustomResourceDefinition") return [];
    if (!/^(?!sparkoperator)([a-z]+|.*\.k8s\.io)\/|^v1$/.test(object.apiVersion)) {
        const { namespace, name, labels, annotations } = metadata;
        // A kind that the server doesn't know here: its names and labels at least, and the pods of a Spark application.
        const known = {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { namespace: namespace ?? "default", name, labels, annotations },
        };
        const inner = (spec?.template ?? spec) as {
            driver?: { template: Template };
            executor?: { template: Template };
        };
        const pods = [inner?.driver, inner?.executor].flatMap((part) => part?.template ?? []);
        return [
            known,
            ...pods.map((template): KubeObject => ({
                ...{ apiVersion: "v1", kind: "PodTemplate", metadata: { namespace, name }, template },
            })),
        ];
    }
    return [object];
}

/** A task's pod, as the server is asked about it: its account and class aren't there. */
function pod({ labels, annotations, namespace }: KubeObject["metadata"], spec: object): KubeObject {
    const own = { ...spec, serviceAccountName: undefined, priorityClassName: undefined };
    return { apiVersion: "v1", kind: "Pod", metadata: { namespace, name: "task", labels, annotations }, spec: own };
}
