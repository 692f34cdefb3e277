import { isDeepStrictEqual } from "node:util";

import { label, listKeys } from "./list-keys";
import { isRecord } from "./objects";

/** Operation on a resource, or on one object inside a Release. */
export type Operation = "create" | "update" | "replace" | "delete" | "same" | "keep";

/** One field that differs. Absent on one side: added or removed. */
export interface FieldChange {
    /** E.g. `spec.template.spec.containers[kafka].image`. */
    path: string;
    before?: unknown;
    after?: unknown;
}

/** An object inside a Release. */
export interface ObjectChange {
    /** E.g. `StatefulSet sandbox-storage/minio`. */
    object: string;
    operation: Operation;
    fields: FieldChange[];
}

type Json = Record<string, unknown>;

/** Fields that the server keeps about an object, which nobody declares. */
const serverOwned = ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"];
/** Annotations and labels that controllers add. */
const controllerOwned = /^(deployment\.kubernetes\.io\/revision|(batch\.kubernetes\.io\/)?(controller-uid|job-name))$/;

/** An object without what the server and its controllers add to it. */
export function declared(object: object): Json {
    const { metadata, ...rest } = object as Json & { metadata?: Json };
    delete rest.status;
    const own = Object.entries(metadata ?? {})
        .filter(([key]) => !serverOwned.includes(key))
        .map(([key, value]) => [key, key === "annotations" || key === "labels" ? withoutControllers(value) : value]);
    return { ...rest, metadata: Object.fromEntries(own) as Json };
}

function withoutControllers(entries: unknown): unknown {
    if (!isRecord(entries)) return entries;
    return Object.fromEntries(Object.entries(entries).filter(([key]) => !controllerOwned.test(key)));
}

/**
 * The fields in which two values differ. Items of a list are matched as the API server merges them, so that one new environment
 * variable is one difference.
 *
 * @param spelled a key as it stands in a path
 */
export function diff(before: unknown, after: unknown, path = "", spelled = quoted): FieldChange[] {
    if (isDeepStrictEqual(before, after)) return [];
    if (isRecord(before) && isRecord(after)) {
        return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
            diff(before[key], after[key], path ? `${path}.${spelled(key)}` : spelled(key), spelled),
        );
    }
    if (Array.isArray(before) && Array.isArray(after) && canBeMatched(before, after, path)) {
        const [one, other] = matched(path, before, after);
        const found = [...new Set([...one.keys(), ...other.keys()])].flatMap((key) =>
            diff(one.get(key), other.get(key), `${path}[${key}]`, spelled),
        );
        // The same items in another order.
        return found.length > 0 ? found : [{ path, before, after }];
    }
    return [
        {
            path,
            ...(before === undefined ? {} : { before }),
            ...(after === undefined ? {} : { after }),
        },
    ];
}

/** The part of a live object that a declaration speaks of, so that defaults filled in by the server are no difference. */
export function within(live: unknown, declaration: unknown, path = ""): unknown {
    if (isRecord(live) && isRecord(declaration)) {
        return Object.fromEntries(
            Object.entries(declaration)
                .filter(([key]) => key in live)
                .map(([key, value]) => [key, within(live[key], value, path ? `${path}.${key}` : key)]),
        );
    }
    if (Array.isArray(live) && Array.isArray(declaration)) {
        const [there, wanted] = matched(path, live, declaration);
        return [...there].map(([key, item]) => within(item, wanted.get(key), `${path}[${key}]`));
    }
    return live;
}

/** Items by the values of their keys, or by their places where they have none. */
function matched(path: string, ...lists: unknown[][]): Map<string, unknown>[] {
    const keys = listKeys(path, lists);
    return lists.map((list) => new Map(list.map((item, index) => [keys ? label(item, keys) : String(index), item])));
}

/** By their places alone, all that follows an item that came or went would differ; but for objects at the end. */
function canBeMatched(before: unknown[], after: unknown[], path: string): boolean {
    if (before.length === after.length || listKeys(path, [before, after])) return true;
    const shorter = Math.min(before.length, after.length);
    return (
        [...before, ...after].every(isRecord) && isDeepStrictEqual(before.slice(0, shorter), after.slice(0, shorter))
    );
}

function quoted(key: string): string {
    return /^[\w-]+$/.test(key) ? key : `"${key}"`;
}
