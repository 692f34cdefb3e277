import { isDeepStrictEqual } from "node:util";

import { isRecord } from "./objects";

/** What happens to a resource, or to one object inside a Release. */
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

/** What the server keeps about an object, which nobody declares. */
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
 * The fields in which two values differ. Items of a list are matched by their `name` where they have one, as Kubernetes does,
 * so that one new environment variable is one difference.
 */
export function diff(before: unknown, after: unknown, path = ""): FieldChange[] {
    if (isDeepStrictEqual(before, after)) return [];
    if (isRecord(before) && isRecord(after)) {
        return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
            diff(before[key], after[key], join(path, key)),
        );
    }
    if (Array.isArray(before) && Array.isArray(after)) {
        const [one, other] = byKey(before, after);
        const found = [...new Set([...one.keys(), ...other.keys()])].flatMap((key) =>
            diff(one.get(key), other.get(key), `${path}[${key}]`),
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
export function within(live: unknown, declaration: unknown): unknown {
    if (isRecord(live) && isRecord(declaration)) {
        return Object.fromEntries(
            Object.entries(declaration)
                .filter(([key]) => key in live)
                .map(([key, value]) => [key, within(live[key], value)]),
        );
    }
    if (Array.isArray(live) && Array.isArray(declaration)) {
        const [there, wanted] = byKey(live, declaration);
        return [...there].map(([key, item]) => within(item, wanted.get(key)));
    }
    return live;
}

/** The items of two lists by what they are matched by: their names if all have one, else their positions. */
function byKey(...lists: unknown[][]): Map<string, unknown>[] {
    const nameOf = (item: unknown) => (isRecord(item) && typeof item.name === "string" ? item.name : undefined);
    const named = lists.every((items) => {
        const names = items.map(nameOf);
        return names.every((name) => name !== undefined) && new Set(names).size === names.length;
    });
    return lists.map(
        (items) => new Map(items.map((item, index) => [named ? String(nameOf(item)) : String(index), item])),
    );
}

function join(path: string, key: string): string {
    const part = /^[\w-]+$/.test(key) ? key : `"${key}"`;
    return path ? `${path}.${part}` : part;
}
