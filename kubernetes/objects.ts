import { parseAllDocuments, type Tags } from "yaml";

import { documentsOf } from "./yaml";

/** Any Kubernetes object, as far as everybody agrees on its shape. */
export interface KubeObject {
    apiVersion: string;
    kind: string;
    metadata: {
        name: string;
        namespace?: string;
        uid?: string;
        resourceVersion?: string;
        generation?: number;
        creationTimestamp?: string;
        deletionTimestamp?: string;
        finalizers?: string[];
        labels?: Record<string, string>;
        annotations?: Record<string, string>;
        ownerReferences?: { apiVersion?: string; kind: string; name: string; uid: string }[];
    };
    spec?: Record<string, unknown>;
    status?: Record<string, unknown>;
    [key: string]: unknown;
}

/** An object as it is declared, which the server has added nothing to. */
export type Manifest = KubeObject;

/** An object, and the place that it was found in. */
export interface LocatedObject {
    manifest: Manifest;
    /** Place of the object, for people: a file of the tree, or the object that hides it. */
    origin: string;
    /** It is no object of the tree, but what a program or an operator makes of one. @default false */
    hidden?: boolean;
}

/** Kind of an object that stands for a Release whose chart was not at hand. */
export const releaseKind = "Release";

/** Cluster-wide objects have no namespace; this word stands in its place, as in the rendered tree. */
export const clusterWide = "cluster";

/** `Kind/namespace/name`, by which findings and the allow-list name an object. */
export function nameOf({ kind, metadata }: Manifest): string {
    return [kind, metadata.namespace ?? clusterWide, metadata.name].join("/");
}

/** The API group of an object, empty for the core's. */
export function groupOf({ apiVersion }: Pick<KubeObject, "apiVersion">): string {
    return apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
}

/** The path of the API server under which the kinds of a version are. */
export function apiPath(apiVersion: string): string {
    return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** Kubernetes' readers of YAML keep a date as the text that it is. */
const withoutTimestamps = (tags: Tags) =>
    tags.filter((tag) => typeof tag === "string" || tag.tag !== "tag:yaml.org,2002:timestamp");

/** The manifests of a YAML or JSON text. @throws Error where it is neither */
export function readObjects(text: string): Manifest[] {
    return parseAllDocuments(text, { version: "1.1", customTags: withoutTimestamps }).flatMap((document) => {
        if (document.errors.length > 0) throw document.errors[0];
        return flat(document.toJS({ maxAliasCount: 1000 }));
    });
}

function flat(value: unknown): Manifest[] {
    if (!isManifest(value)) return [];
    return value.kind === "List" && Array.isArray(value.items) ? value.items.flatMap(flat) : [value];
}

/** Tells whether a value has what every object of Kubernetes has. */
export function isManifest(value: unknown): value is Manifest {
    if (!isRecord(value)) return false;
    return typeof value.apiVersion === "string" && typeof value.kind === "string";
}

/** Tells whether a value is a map with keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A field of an object that may not be there, as a map. */
export function mapAt(value: unknown, ...path: string[]): Record<string, unknown> {
    const found = at(value, ...path);
    return isRecord(found) ? found : {};
}

/** A field of an object that may not be there. */
export function at(value: unknown, ...path: string[]): unknown {
    return path.reduce<unknown>((each, key) => (isRecord(each) ? each[key] : undefined), value);
}

/** A field of an object that may not be there, as a list of maps. */
export function listAt(value: unknown, ...path: string[]): Record<string, unknown>[] {
    const found = at(value, ...path);
    return Array.isArray(found) ? found.filter(isRecord) : [];
}

/** A copy without fields that are null: the API server takes such a field as absent. */
export function withoutNulls<T>(value: T): T {
    if (Array.isArray(value)) return value.map(withoutNulls) as T;
    if (!isRecord(value)) return value;
    const entries = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
    return Object.fromEntries(entries.map(([key, item]) => [key, withoutNulls(item)])) as T;
}

/** The objects of a YAML stream, as Helm and the API server read them; empty documents are left out. */
export function parseManifests(yaml: string): Manifest[] {
    return documentsOf(yaml).filter((document): document is Manifest => document !== null && document !== undefined);
}
