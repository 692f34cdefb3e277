import { isDeepStrictEqual } from "node:util";

import { isRecord } from "../../kubernetes/objects";
import { FieldChange } from "./model";

/** Keys by which Kubernetes tells the elements of a list apart, in the order in which they are tried. */
const identities = [
    "name",
    "key",
    "id",
    "manager",
    "mountPath",
    "containerPort",
    "port",
    "host",
    "topologyKey",
    "type",
];

/** Every field that differs between two values; a group or list that is on one side only is one field. */
export function fieldChanges(before: unknown, after: unknown, path = ""): FieldChange[] {
    if (isDeepStrictEqual(before, after)) return [];
    if (isRecord(before) && isRecord(after)) {
        const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
        return keys.flatMap((key) => inner(before, after, key, path ? `${path}.${key}` : key));
    }
    if (Array.isArray(before) && Array.isArray(after)) {
        const identity = identities.find((key) => tells(before, key) && tells(after, key));
        // By their places alone, all that follows an element that came or went would differ.
        if (!identity && before.length !== after.length) return [{ path, before, after }];
        const [one, other] = [before, after].map((list) => byIdentity(list as unknown[], identity));
        const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
        const changes = keys.flatMap((key) => inner(one, other, key, `${path}[${key}]`));
        // The same elements in another order.
        return changes.length > 0 ? changes : [{ path, before, after }];
    }
    return [{ path, before, after }];
}

function inner(before: Group, after: Group, key: string, path: string): FieldChange[] {
    if (!(key in before)) return [{ path, after: after[key] }];
    if (!(key in after)) return [{ path, before: before[key] }];
    return fieldChanges(before[key], after[key], path);
}

type Group = Record<string, unknown>;

/** Whether each element has another value under a key. */
function tells(list: unknown[], key: string): boolean {
    const values = list.map((element) => (isRecord(element) ? element[key] : undefined));
    return (
        values.every((value) => value !== undefined && typeof value !== "object") &&
        new Set(values).size === list.length
    );
}

function byIdentity(list: unknown[], identity?: string): Group {
    return Object.fromEntries(
        list.map((element, index) => [identity ? String((element as Group)[identity]) : String(index), element]),
    );
}
