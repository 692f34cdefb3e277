import { Http, KubeError } from "./http";
import { readKubeconfig } from "./kubeconfig";
import { apiPath, type KubeObject } from "./objects";

export { KubeError } from "./http";
export type { KubeObject } from "./objects";

/** Identity of an object. */
export interface Identity {
    apiVersion: string;
    kind: string;
    /** None for what is cluster-wide. */
    namespace?: string;
    name: string;
}

export interface Kind {
    plural: string;
    kind: string;
    namespaced: boolean;
    verbs: string[];
}

export interface WriteOptions {
    dryRun?: boolean;
    onWarning?: (warning: string) => void;
    signal?: AbortSignal;
}

/** Reason of the error for a kind that the server doesn't know. */
export const unknownKind = "UnknownKind";

/** The name under which our fields are owned on the server. */
export const fieldManager = "data-platform-sandbox";

/** Reads and changes objects of any kind that the server knows. */
export class KubeClient {
    readonly http: Http;
    /** The kubeconfig's context that is used. */
    readonly context: string;
    private readonly kinds = new Map<string, Promise<Kind[]>>();

    /** @param kubeconfig what Helm is given: a file, or several as in KUBECONFIG */
    constructor(
        readonly kubeconfig: string,
        connection = readKubeconfig(kubeconfig),
    ) {
        this.context = connection.context;
        this.http = new Http(connection);
    }

    /** The server's version, asked for once and at once, so that a cluster that isn't there is found before anything else. */
    async version(signal?: AbortSignal): Promise<string> {
        const answer = await this.http.send({ method: "GET", path: "/version", retry: false, signal });
        return (JSON.parse(answer) as { gitVersion: string }).gitVersion;
    }

    /** The object, or undefined where there is none, or where its kind or namespace is unknown. */
    async get(identity: Identity, signal?: AbortSignal): Promise<KubeObject | undefined> {
        const path = await this.path(identity).catch(undefinedIfMissing);
        return path ? this.json<KubeObject>({ method: "GET", path, signal }).catch(undefinedIfMissing) : undefined;
    }

    /** The object's metadata alone, or undefined as `get`; for objects that are large. */
    async metadata(identity: Identity, signal?: AbortSignal): Promise<KubeObject["metadata"] | undefined> {
        const path = await this.path(identity).catch(undefinedIfMissing);
        const accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
        if (!path) return undefined;
        const found = await this.json<KubeObject>({ method: "GET", path, accept, signal }).catch(undefinedIfMissing);
        return found?.metadata;
    }

    /** The metadata of all objects of a cluster-wide kind, for kinds the objects of which are large. */
    async listMetadata(apiVersion: string, kind: string, signal?: AbortSignal): Promise<KubeObject["metadata"][]> {
        const path = await this.collection(apiVersion, kind);
        const accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
        const { items } = await this.json<{ items: KubeObject[] | null }>({ method: "GET", path, accept, signal });
        return (items ?? []).map(({ metadata }) => metadata);
    }

    /** Objects of a kind, of one namespace or of all. */
    async list(
        apiVersion: string,
        kind: string,
        { namespace, labels, signal }: { namespace?: string; labels?: string; signal?: AbortSignal } = {},
    ): Promise<KubeObject[]> {
        const collection = await this.collection(apiVersion, kind, namespace);
        const query = labels ? `?labelSelector=${encodeURIComponent(labels)}` : "";
        const { items } = await this.json<{ items: KubeObject[] }>({ method: "GET", path: collection + query, signal });
        return items.map((item) => ({ ...item, apiVersion, kind }));
    }

    /**
     * Server-side apply: makes the object or changes our fields of it.
     *
     * @param force take over fields that somebody else owns, instead of a KubeError with reason Conflict
     * @param manager the owner of the fields. @default `fieldManager`
     */
    async apply(
        object: KubeObject,
        { force = false, manager = fieldManager, ...options }: WriteOptions & { force?: boolean; manager?: string },
    ): Promise<KubeObject> {
        const query = new URLSearchParams({ fieldManager: manager, force: String(force) });
        if (options.dryRun) query.set("dryRun", "All");
        return this.json<KubeObject>({
            method: "PATCH",
            path: `${await this.path(identityOf(object))}?${query.toString()}`,
            body: object,
            contentType: "application/apply-patch+yaml",
            ...options,
        });
    }

    /** Changes the given fields of an object (a merge patch). @throws KubeError with reason Conflict where a given version is outdated */
    async patch(
        identity: Identity,
        changes: object,
        { manager = fieldManager, signal }: Pick<WriteOptions, "signal"> & { manager?: string } = {},
    ): Promise<KubeObject> {
        return this.json<KubeObject>({
            method: "PATCH",
            path: `${await this.path(identity)}?${new URLSearchParams({ fieldManager: manager }).toString()}`,
            body: changes,
            contentType: "application/merge-patch+json",
            signal,
        });
    }

    /** Makes an object. @throws KubeError with reason AlreadyExists where there is one */
    async create(object: KubeObject, { dryRun, ...options }: WriteOptions = {}): Promise<KubeObject> {
        const path = await this.collection(object.apiVersion, object.kind, object.metadata.namespace);
        const query = `fieldManager=${fieldManager}${dryRun ? "&dryRun=All" : ""}`;
        return this.json<KubeObject>({ method: "POST", path: `${path}?${query}`, body: object, ...options });
    }

    /** Asks for deletion; dependents go first. Nothing to do where there is nothing. */
    async delete(identity: Identity, propagationPolicy: "Foreground" | "Background" = "Foreground"): Promise<void> {
        const path = await this.path(identity).catch(undefinedIfMissing);
        if (!path) return;
        const body = { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy };
        await this.http.send({ method: "DELETE", path, body }).catch(undefinedIfMissing);
    }

    /** The end of a container's log. */
    async logs(
        namespace: string,
        pod: string,
        options: { container?: string; tailLines?: number } = {},
    ): Promise<string> {
        const query = new URLSearchParams({ tailLines: String(options.tailLines ?? 50) });
        if (options.container) query.set("container", options.container);
        return this.http.send({
            method: "GET",
            path: `/api/v1/namespaces/${namespace}/pods/${pod}/log?${query.toString()}`,
        });
    }

    /** Every kind that the server knows in its preferred version, for looking at everything. It is asked anew: CRDs come and go. */
    async everyKind(): Promise<{ apiVersion: string; kind: Kind }[]> {
        this.kinds.clear();
        const { groups } = await this.json<{ groups: { preferredVersion: { groupVersion: string } }[] }>({
            method: "GET",
            path: "/apis",
        });
        const versions = ["v1", ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)];
        // A group is listed a moment before it is served, and goes in the same way.
        const kindsOf = async (apiVersion: string) => (await this.kindsOf(apiVersion).catch(undefinedIfMissing)) ?? [];
        const found = await Promise.all(
            versions.map(async (apiVersion) => (await kindsOf(apiVersion)).map((kind) => ({ apiVersion, kind }))),
        );
        return found.flat();
    }

    /** Description of a kind by the server. @throws KubeError UnknownKind for one that it doesn't know */
    async kind(apiVersion: string, kind: string): Promise<Kind> {
        // Of a group that isn't served the server knows no page.
        const all = async () => (await this.kindsOf(apiVersion).catch(undefinedIfMissing)) ?? [];
        const find = async () => (await all()).find((each) => each.kind === kind);
        const known = this.kinds.has(apiVersion);
        let found = await find();
        if (!found && known) {
            // A CRD may have come since the server was asked.
            this.kinds.delete(apiVersion);
            found = await find();
        }
        if (found) return found;
        this.kinds.delete(apiVersion);
        throw new KubeError(404, unknownKind, `the cluster knows no kind ${kind} in ${apiVersion}`);
    }

    private kindsOf(apiVersion: string): Promise<Kind[]> {
        let kinds = this.kinds.get(apiVersion);
        if (!kinds) {
            const path = apiPath(apiVersion);
            kinds = this.json<{ resources: { name: string; kind: string; namespaced: boolean; verbs: string[] }[] }>({
                method: "GET",
                path,
            }).then(({ resources }) =>
                resources
                    .filter(({ name }) => !name.includes("/"))
                    .map(({ name, ...rest }) => ({ plural: name, ...rest })),
            );
            kinds.catch(() => this.kinds.delete(apiVersion));
            this.kinds.set(apiVersion, kinds);
        }
        return kinds;
    }

    private async path({ apiVersion, kind, namespace, name }: Identity): Promise<string> {
        return `${await this.collection(apiVersion, kind, namespace)}/${encodeURIComponent(name)}`;
    }

    private async collection(apiVersion: string, kind: string, namespace?: string): Promise<string> {
        const { plural, namespaced } = await this.kind(apiVersion, kind);
        const root = apiPath(apiVersion);
        return namespaced && namespace ? `${root}/namespaces/${namespace}/${plural}` : `${root}/${plural}`;
    }

    private async json<T>(request: Parameters<Http["send"]>[0]): Promise<T> {
        return JSON.parse(await this.http.send(request)) as T;
    }
}

/** Identity of an object. */
export function identityOf({ apiVersion, kind, metadata }: KubeObject): Identity {
    return { apiVersion, kind, ...(metadata.namespace ? { namespace: metadata.namespace } : {}), name: metadata.name };
}

/** `Secret sandbox-storage/minio-root`, as it is called in messages. */
export function nameOf({ kind, namespace, name }: Omit<Identity, "apiVersion"> & Partial<Identity>): string {
    return `${kind} ${namespace ? `${namespace}/` : ""}${name}`;
}

function undefinedIfMissing(error: unknown): undefined {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw error;
}
