import type { Manifest } from "../../kubernetes/objects";
import { isManifest } from "../../kubernetes/objects";
import { sha256 } from "../../lib/kept-files";

export const definitionApi = "apiextensions.k8s.io/v1";
export const definitionKind = "CustomResourceDefinition";

/** Tells whether an object is a CRD, of the one version that servers have. */
export function isDefinition(object: unknown): object is Manifest {
    return isManifest(object) && object.apiVersion === definitionApi && object.kind === definitionKind;
}

/** A CRD as it is applied: without what the server writes, and without what it drops. */
export function applied({ apiVersion, kind, metadata, spec }: Manifest): Manifest {
    const { name, labels, annotations } = metadata;
    return {
        ...{ apiVersion, kind },
        metadata: { ...(annotations ? { annotations } : {}), ...(labels ? { labels } : {}), name },
        spec: withoutEmpty(spec) as Manifest["spec"],
    };
}

/** The server drops an empty `properties` (Strimzi's Kafka has one), which would be a change at each update. */
export function withoutEmpty(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(withoutEmpty);
    if (typeof value !== "object" || value === null) return value;
    const kept = Object.entries(value).filter(([key, inner]) => key !== "properties" || !isEmpty(inner));
    return Object.fromEntries(kept.map(([key, inner]) => [key, withoutEmpty(inner)]));
}

function isEmpty(value: unknown): boolean {
    return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** The digest of a CRD as it is applied: the same for the same definition, in whatever order it was written. */
export function digestOf(definition: Manifest): string {
    return sha256(JSON.stringify(ordered(definition)));
}

function ordered(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(ordered);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
    return Object.fromEntries(entries.map(([key, inner]) => [key, ordered(inner)]));
}
