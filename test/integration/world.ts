import { createHash } from "node:crypto";

import { identityOf, KubeClient, KubeError, KubeObject } from "../../kubernetes/client";

/** Kinds that come and go by themselves, in any cluster. */
const restless = ["Event", "Lease", "ComponentStatus"];

/** Every object of the cluster, namespaced or not, by name; to compare before and after. */
export async function everything(kube: KubeClient): Promise<Set<string>> {
    const found = new Set<string>();
    const kinds = (await kube.everyKind()).filter(
        ({ kind: { kind, verbs } }) => verbs.includes("list") && !restless.includes(kind),
    );
    for (const { apiVersion, kind } of kinds) {
        // A definition may go while the others are listed, and its objects have gone before it.
        for (const { metadata } of await kube.list(apiVersion, kind.kind).catch(noneIfUnknown)) {
            found.add(`${kind.kind} ${metadata.namespace ?? ""}/${metadata.name}`);
        }
    }
    return found;
}

function noneIfUnknown(error: unknown): KubeObject[] {
    if (error instanceof KubeError && error.status === 404) return [];
    throw error;
}

/** Elements of one set that the other doesn't have. */
export function extra(after: Set<string>, before: Set<string>): string[] {
    return [...after].filter((name) => !before.has(name)).sort();
}

/** Objects that a destroyed stack has left, but for CRDs: those stay on purpose, and so does what the server makes of them. */
export async function left(kube: KubeClient, before: Set<string>): Promise<string[]> {
    return extra(await everything(kube), before).filter(
        (name) => !/^(CustomResourceDefinition|APIService) /.test(name),
    );
}

/** Deletes every definition of custom resources, for tests that begin without any. */
export async function dropDefinitions(kube: KubeClient): Promise<void> {
    const definitions = () => kube.list("apiextensions.k8s.io/v1", "CustomResourceDefinition");
    for (const definition of await definitions()) await kube.delete(identityOf(definition));
    while ((await definitions()).length > 0 || (await hasForeignGroups(kube)))
        await new Promise((resolve) => setTimeout(resolve, 200));
}

/** Tells whether the server still serves groups of kinds that are defined no more. */
async function hasForeignGroups(kube: KubeClient): Promise<boolean> {
    const services = await kube.list("apiregistration.k8s.io/v1", "APIService");
    return services.some(({ metadata }) =>
        /\.(cert-manager\.io|sparkoperator\.k8s\.io|strimzi\.io|cnpg\.io)$/.test(metadata.name),
    );
}

/** A hash over the data of each Secret of some namespaces, but for Helm's own. */
export async function secretHashes(kube: KubeClient, namespaces: string[]): Promise<Record<string, string>> {
    const hashes: Record<string, string> = {};
    for (const namespace of namespaces) {
        for (const { metadata, type, data } of await kube.list("v1", "Secret", { namespace })) {
            if (type === "helm.sh/release.v1") continue;
            hashes[`${namespace}/${metadata.name}`] = createHash("sha256").update(JSON.stringify(data)).digest("hex");
        }
    }
    return hashes;
}

/** Every object of some namespaces by name: which one it is, and a hash over what is declared of it; to see that nobody touched it. */
export async function traces(kube: KubeClient, namespaces: string[]): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    const kinds = (await kube.everyKind()).filter(
        ({ kind: { kind, verbs, namespaced } }) => namespaced && verbs.includes("list") && !restless.includes(kind),
    );
    for (const namespace of namespaces) {
        for (const { apiVersion, kind } of kinds) {
            for (const object of await kube.list(apiVersion, kind.kind, { namespace })) {
                const { name, uid, labels, annotations } = object.metadata;
                const text = JSON.stringify({ ...object, metadata: { labels, annotations }, status: undefined });
                const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
                found[`${kind.kind} ${namespace}/${name}`] = `${uid} ${hash}`;
            }
        }
    }
    return found;
}
