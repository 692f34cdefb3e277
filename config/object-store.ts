import { ObjectStoreConfig } from "./sections/object-store";
import { ExternalStoreConfig } from "./sections/object-store-external";

/** The part of the config that an external store is known by. */
export type StoreConfig = Pick<ObjectStoreConfig, "region" | "buckets"> & {
    external?: ExternalStoreConfig;
};

/** AWS's own hosts, by region; another partition has another domain. */
function ofAws(service: "s3" | "sts", region: string): string {
    return `https://${service}.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}

export const isAws = (url: string) => /\.amazonaws\.com(\.cn)?$/.test(new URL(url).hostname);

/** Address of an external store, and the style of its buckets (path or host name), defaults filled in. */
export function storeAddress({ region, external = {} }: StoreConfig) {
    const url = (external.endpoint ?? ofAws("s3", region)).replace(/\/$/, "");
    return { endpoint: url, pathStyle: external.pathStyle ?? !isAws(url) };
}

/** Address that gives roles for tokens; undefined where no application needs one. */
export function stsAddress({ region, external = {} }: StoreConfig): string | undefined {
    return identified({ external }).length === 0
        ? undefined
        : (external.sts?.endpoint ?? ofAws("sts", region)).replace(/\/$/, "");
}

/** Host and port of an endpoint. */
export function hostOf(url: string): { host: string; port: number } {
    const { hostname, port } = new URL(url);
    return { host: hostname, port: Number(port || 443) };
}

/** Name of a bucket in an external store. */
export function bucketThere(bucket: string, { external }: Pick<StoreConfig, "external">): string {
    return external?.bucketNames?.[bucket] ?? bucket;
}

/** The applications that some bucket names, each once. */
export function storeApplications({ buckets }: Pick<StoreConfig, "buckets">): string[] {
    return [...new Set(buckets.flatMap(({ writers, readers = [] }) => [...writers, ...readers]))].sort();
}

/** The applications that the cloud knows by their ServiceAccounts. */
export function identified({ external }: Pick<StoreConfig, "external">): string[] {
    return Object.keys(external?.serviceAccountAnnotations ?? {});
}

/** Number of Jobs that try an external store: one for all keys, and one for each application without. */
export function checkJobs(config: StoreConfig): number {
    const known = identified(config).length;
    return known + (storeApplications(config).length > known ? 1 : 0);
}

/** The users whose keys may be given, as keys of `credentials`: an external store has no administrator that the platform knows. */
export function objectStoreUsers(config: Pick<ObjectStoreConfig, "kind" | "buckets" | "external">): string[] {
    const withKeys = storeApplications(config).filter((application) => !identified(config).includes(application));
    return [...(config.kind === "minio" ? ["root"] : []), ...withKeys].flatMap((user) => [
        `objectStore.${user}`,
        `objectStore.${user}.accessKey`,
    ]);
}
