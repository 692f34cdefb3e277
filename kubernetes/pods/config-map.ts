import { isManifest, type LocatedObject, type Manifest, mapAt, nameOf, readObjects } from "../objects";

/** A text in a ConfigMap that looks like a manifest and can't be read as one. */
export interface Unreadable {
    object: LocatedObject;
    reason: string;
}

/** The manifests that stand as text in a ConfigMap: a program hands them to the API server later. */
export function manifestsInConfigMap(located: LocatedObject): { found: LocatedObject[]; unreadable: Unreadable[] } {
    const { manifest } = located;
    const found: LocatedObject[] = [];
    const unreadable: Unreadable[] = [];
    for (const [key, text] of Object.entries(mapAt(manifest, "data"))) {
        if (typeof text !== "string" || !looksLikeManifest(text)) continue;
        const origin = `${key} in ${nameOf(manifest)}`;
        try {
            for (const each of readObjects(text).filter(isManifest))
                found.push({ manifest: whole(each, manifest, key), origin, hidden: true });
        } catch (error) {
            unreadable.push({ object: { ...located, origin }, reason: `${key} is no YAML: ${firstLine(error)}` });
        }
    }
    return { found, unreadable };
}

function looksLikeManifest(text: string): boolean {
    const has = (key: string) => new RegExp(`(^|[{,])\\s*"?${key}"?\\s*:`, "m").test(text);
    return has("apiVersion") && has("kind");
}

/** A manifest with the namespace that its reader gives it, and a name where it has none. */
function whole(manifest: Manifest, { metadata, data }: Manifest, key: string): Manifest {
    const own = manifest.metadata ?? {};
    const workers = airflowNamespace(mapAt({ data }, "data")["airflow.cfg"]);
    const namespace = own.namespace ?? workers ?? metadata.namespace;
    const name = own.name ?? key.replace(/\.\w+$/, "").replaceAll(/[^a-z0-9.-]/g, "-");
    return { ...manifest, metadata: { ...own, name, ...(namespace ? { namespace } : {}) } };
}

/** Airflow starts the pods of its template where its own settings say, which stand beside the template. */
function airflowNamespace(settings: unknown): string | undefined {
    if (typeof settings !== "string") return undefined;
    const section = /^\[kubernetes(?:_executor)?\]\n((?:(?!\[).*\n?)*)/m.exec(settings)?.[1];
    return /^namespace\s*=\s*(\S+)/m.exec(section ?? "")?.[1];
}

function firstLine(error: unknown): string {
    return (error instanceof Error ? error.message : String(error)).split("\n")[0];
}
