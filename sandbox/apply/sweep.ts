import { UserError } from "../lib/errors";
import type { ApplyOptions } from "./builtin";
import { Change } from "./change";
import { changeOf, Context } from "./context";
import { nameOf } from "./kube/client";
import { makerOf } from "./makers";
import { remove } from "./makers/object";
import { inReverse } from "./order";
import { Entry } from "./state";
import { interrupted } from "./wait/ready";

/** Deletes what was replaced and what the program no longer declares. */
export async function sweep(seen: Set<string>, context: Context, options: ApplyOptions): Promise<Change[]> {
    const { state, preview: previewing } = context;
    if (!previewing) {
        for (const entry of state.entries.filter(({ superseded }) => superseded?.length)) {
            const kept = (entry.superseded ?? []).filter((identity) => state.owner(identity));
            for (const identity of entry.superseded ?? [])
                if (!kept.includes(identity)) await remove(identity, context);
            await state.put({ ...entry, superseded: undefined });
        }
    }
    const current = state.entries.filter(({ urn }) => seen.has(urn));
    const owned = new Set(current.flatMap(({ object }) => (object ? [nameOf(object)] : [])));
    // Moved within the program: the object has another entry now.
    const isMoved = ({ object }: Entry) => object !== undefined && owned.has(nameOf(object));
    const gone = state.entries.filter(({ urn }) => !seen.has(urn));
    if (!previewing) for (const { urn } of gone.filter(isMoved)) await state.remove(urn);
    const removed = gone.filter((entry) => !isMoved(entry));
    if (previewing)
        return removed.filter(({ custom }) => custom).map((entry) => changeOf(entry, { operation: fate(entry) }));
    refuseProtected(removed, "declare it again, or set `protect: false` for it, run `up`, then take it out");
    return deleteEntries(removed, context, options);
}

/** Deletes what entries stand for, dependents first, and forgets them. @throws the reasons why some are still there */
export async function deleteEntries(entries: Entry[], context: Context, options: ApplyOptions): Promise<Change[]> {
    const changes: Change[] = [];
    const { failures } = await inReverse(entries, async (entry) => {
        if (context.signal.aborted) throw interrupted();
        if (entry.custom) {
            const operation = fate(entry);
            if (operation === "delete") await makerOf(entry).unmake(entry, context);
            const change = changeOf(entry, { operation });
            changes.push(change);
            options.onChange?.(change);
        }
        await context.state.remove(entry.urn);
    });
    if (failures.length > 0) throw failures.length === 1 ? failures[0] : new AggregateError(distinct(failures));
    return changes;
}

function fate({ retainOnDelete }: Entry): "keep" | "delete" {
    return retainOnDelete ? "keep" : "delete";
}

/** Refuses to go on when something that is protected would go. @param fix what to do about it */
export function refuseProtected(entries: Entry[], fix: string): void {
    const held = entries.filter(({ protect }) => protect);
    if (held.length === 0) return;
    throw new UserError("what holds data is protected and would be deleted; nothing was changed by this", {
        evidence: held.map(({ object, release, name }) => {
            if (release) return `Release ${release.namespace}/${release.name}`;
            return object ? nameOf(object) : name;
        }),
        fix,
    });
}

/** The same trouble may stop several resources; it is told once. */
export function distinct(failures: unknown[]): unknown[] {
    const byMessage = new Map(failures.map((error) => [error instanceof Error ? error.message : String(error), error]));
    return [...byMessage.values()];
}

