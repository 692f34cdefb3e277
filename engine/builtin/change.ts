import type { Counts } from "../engine";
import type { FieldChange, ObjectChange, Operation } from "../../kubernetes/diff";

/** Change of one resource of the program by an update, or by a preview. */
export interface Change {
    urn: string;
    type: string;
    name: string;
    parent?: string;
    operation: Operation;
    fields: FieldChange[];
    /** Of a Release. */
    objects: ObjectChange[];
    /** Further remarks: a warning of the server, a reason. */
    notes: string[];
}

/** Counts changes by operation. */
export function count(changes: Pick<Change, "operation">[]): Counts {
    const counts: Counts = { create: 0, update: 0, replace: 0, delete: 0, same: 0, keep: 0 };
    for (const { operation } of changes) counts[operation]++;
    return counts;
}

/** The name of a type without its package and module, e.g. `Secret` for `kubernetes:core/v1:Secret`. */
export function shortType(type: string): string {
    return type.slice(type.lastIndexOf(":") + 1);
}
