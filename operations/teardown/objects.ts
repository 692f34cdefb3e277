import { Identity, KubeClient, KubeError, KubeObject } from "../../kubernetes/client";
import { apiPath } from "../../kubernetes/objects";

/** A kind of objects as the server has it. */
export interface Collection {
    apiVersion: string;
    kind: string;
    plural: string;
    namespaced: boolean;
    /** Made by a CRD, so that there may be an operator behind it. */
    custom: boolean;
}

/** Kinds that the server has. */
export interface Discovery {
    collections: Collection[];
    /** Group versions that it lists but doesn't serve, because whoever serves them is away, e.g. `metrics.k8s.io/v1beta1`. */
    dead: string[];
}

/** An object, without what is in it. */
export interface Seen {
    identity: Identity;
    metadata: KubeObject["metadata"];
}

/** Kinds that come and go by themselves. */
const restless = ["Event", "Lease", "EndpointSlice", "Endpoints"];

interface Resource {
    name: string;
    kind: string;
    namespaced: boolean;
    verbs: string[];
}

/** Asks which kinds there are. One group that isn't served doesn't keep it from the others. */
export async function discover(kube: KubeClient): Promise<Discovery> {
    const { groups } = await read<{ groups: { preferredVersion: { groupVersion: string } }[] }>(kube, "/apis");
    const versions = ["v1", ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)];
    const definitions = await definitionNames(kube);
    const dead: string[] = [];
    const found = await Promise.all(
        versions.map(async (apiVersion) => {
            const path = apiPath(apiVersion);
            try {
                const { resources } = await read<{ resources: Resource[] }>(kube, path);
                return resources.flatMap((each) => collectionOf(apiVersion, each, definitions));
            } catch (error) {
                if (!(error instanceof KubeError)) throw error;
                // A group that has just gone is nobody's fault.
                if (error.status !== 404) dead.push(apiVersion);
                return [];
            }
        }),
    );
    return { collections: found.flat(), dead };
}

function collectionOf(
    apiVersion: string,
    { name, kind, namespaced, verbs }: Resource,
    definitions: Set<string>,
): Collection[] {
    const wanted = !name.includes("/") && verbs.includes("list") && verbs.includes("delete");
    if (!wanted || restless.includes(kind)) return [];
    const custom = definitions.has(`${name}.${apiVersion.split("/")[0]}`);
    return [{ apiVersion, kind, plural: name, namespaced, custom }];
}

/** Names of all CRDs, e.g. `kafkas.kafka.strimzi.io`. */
export async function definitionNames(kube: KubeClient): Promise<Set<string>> {
    const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    const { items } = await readMetadata(kube, path).catch(noneIfHidden);
    return new Set(items.map(({ metadata }) => metadata.name));
}

/** The objects of some kinds in a namespace. What may not be listed is as if it weren't there; `hidden` is told. */
export async function objectsIn(
    kube: KubeClient,
    namespace: string,
    collections: Collection[],
    hidden?: (what: string) => void,
): Promise<Seen[]> {
    const found = await Promise.all(
        collections
            .filter(({ namespaced }) => namespaced)
            .map((collection) => list(kube, collection, namespace, hidden)),
    );
    return found.flat();
}

/** The objects of one kind, of a namespace or of all, without what is in them. */
export async function list(
    kube: KubeClient,
    { apiVersion, kind, plural }: Pick<Collection, "apiVersion" | "kind" | "plural">,
    namespace?: string,
    hidden?: (what: string) => void,
): Promise<Seen[]> {
    const root = apiPath(apiVersion);
    const path = namespace ? `${root}/namespaces/${namespace}/${plural}` : `${root}/${plural}`;
    const { items } = await readMetadata(kube, path).catch((error: unknown) => {
        if (error instanceof KubeError && error.status === 403) hidden?.(plural);
        return noneIfHidden(error);
    });
    return items.map(({ metadata }) => ({
        identity: {
            apiVersion,
            kind,
            ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
            name: metadata.name,
        },
        metadata,
    }));
}

/** Name of an object for kubectl, e.g. `kafkatopic.kafka.strimzi.io/flights -n dev-streaming`. */
export function kubectlName({ apiVersion, kind, namespace, name }: Identity): string {
    const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0]}` : "";
    // Kinds of Kubernetes itself are clear without their group.
    const short = /^(\.apps|\.batch|\.[\w.]*k8s\.io|)$/.test(group) && group !== ".sparkoperator.k8s.io";
    return `${namespace ? `-n ${namespace} ` : ""}${kind.toLowerCase()}${short ? "" : group}/${name}`;
}

async function read<T>(kube: KubeClient, path: string): Promise<T> {
    // Of a group whose server is away there would be half a minute of tries.
    return JSON.parse(await kube.http.send({ method: "GET", path, retry: false })) as T;
}

async function readMetadata(kube: KubeClient, path: string): Promise<{ items: KubeObject[] }> {
    const accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    const answer = JSON.parse(await kube.http.send({ method: "GET", path, accept })) as { items: KubeObject[] | null };
    // Of custom resources an empty list comes as null.
    return { items: answer.items ?? [] };
}

function noneIfHidden(error: unknown): { items: KubeObject[] } {
    if (error instanceof KubeError && [403, 404, 405].includes(error.status)) return { items: [] };
    throw error;
}
