// Small readers of what a manifest, or an object of the cluster, has inside.
import { quantity } from "../../config/units";
import { type Manifest, mapAt } from "../../kubernetes/objects";

/** A text or a number as text; undefined for all else. */
export function text(value: unknown): string | undefined {
    return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

/** Texts of a list; whatever else is in it is left out. */
export function texts(value: unknown): string[] {
    return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}

/** A quantity as a number, zero for none. */
export function amount(value: unknown): number {
    if (typeof value === "number") return value;
    return (typeof value === "string" && quantity(value)) || 0;
}

/** The pod that an object makes, as a spec; empty for one that makes none. */
export function podSpecOf({ kind, spec }: Pick<Manifest, "kind"> & { spec?: unknown }): Record<string, unknown> {
    if (kind === "Pod") return mapAt(spec);
    const template = kind === "CronJob" ? mapAt(spec, "jobTemplate", "spec").template : mapAt(spec).template;
    return mapAt(template, "spec");
}

/** Many of a kind, as English has it, which is how most CRDs do it. */
export function pluralOf(kind: string): string {
    if (/(s|x|ch)$/.test(kind)) return `${kind}es`;
    return /[^aeiou]y$/.test(kind) ? `${kind.slice(0, -1)}ies` : `${kind}s`;
}

/** Names as a person reads them, cut where they get many. */
export function named(names: string[], most = 6): string {
    const shown = names.slice(0, most).join(", ");
    return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** Bytes for people. */
export function bytesText(bytes: number): string {
    return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)}Gi` : `${Math.ceil(bytes / 2 ** 20)}Mi`;
}
