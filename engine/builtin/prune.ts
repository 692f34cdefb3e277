import { neededByProtected, assertUnprotected } from "../protected";
import { Change } from "./change";
import { changeOf, Context, type ApplyOptions } from "./context";
import { identityOf, nameOf } from "../../kubernetes/client";
import { handlerFor } from "./resources";
import { deleteAndWait } from "./resources/object";
import { releaseName } from "./resources/release";
import { inDependencyOrder } from "./deletion-order";
import { ResourceState } from "./state";
import { interrupted } from "../../kubernetes/wait/ready";

/** Deletes what was replaced and what the program no longer declares. */
export async function sweep(seen: Set<string>, context: Context, options: ApplyOptions): Promise<Change[]> {
    const { state, declared, preview: previewing } = context;
    const gone = state.entries.filter(({ urn }) => !seen.has(urn));
    // Moved within the program: the same thing has another entry now.
    const isMoved = (entry: ResourceState) => entry.custom && declared.has(subject(entry));
    const removed = gone.filter((entry) => !isMoved(entry));
    if (previewing) {
        return removed
            .filter(({ custom }) => custom)
            .map((entry) => changeOf(entry, { operation: disposition(entry) }));
    }
    for (const entry of state.entries.filter(({ superseded }) => superseded?.length)) {
        for (const identity of entry.superseded ?? []) {
            if (!declared.has(nameOf(identity))) await deleteAndWait(identity, context);
        }
        await state.put({ ...entry, superseded: undefined });
    }
    for (const { urn } of gone.filter(isMoved)) await state.remove(urn);
    refuseEntries(removed, "declare it again, or set `protect: false` for it, run `up`, then take it out");
    return deleteEntries(removed, context, options);
}

/** Deletes what entries stand for, dependents first, and forgets them. @throws the reasons why some are still there */
export async function deleteEntries(
    entries: ResourceState[],
    context: Context,
    options: ApplyOptions,
): Promise<Change[]> {
    const changes: Change[] = [];
    const { failures } = await inDependencyOrder(entries, async (entry) => {
        if (context.signal.aborted) throw interrupted();
        if (entry.custom) {
            const operation = disposition(entry);
            if (operation === "delete") await handlerFor(entry).delete(entry, context);
            const notes = operation === "keep" ? await keptWith(entry, context) : [];
            const change = changeOf(entry, { operation, notes });
            changes.push(change);
            options.onChange?.(change);
        }
        await context.state.remove(entry.urn);
    });
    if (failures.length > 0) throw failures.length === 1 ? failures[0] : new AggregateError(distinct(failures));
    return changes;
}

/** The volumes that stay because their namespace does: what all this is kept for. */
async function keptWith({ object }: ResourceState, { kube, signal }: Context): Promise<string[]> {
    if (object?.kind !== "Namespace") return [];
    const claims = await kube.list("v1", "PersistentVolumeClaim", { namespace: object.name, signal });
    return claims.map((claim) => `with ${nameOf(identityOf(claim))}`);
}

function disposition({ retainOnDelete }: ResourceState): "keep" | "delete" {
    return retainOnDelete ? "keep" : "delete";
}

/** Refuses to go on when an entry that is protected would go. @param fix what to do about it */
export function refuseEntries(entries: ResourceState[], fix: string): void {
    assertUnprotected(entries.filter(({ protect }) => protect).map(subject), { would: "be deleted", fix });
}

/** The entries but for those that are protected, and what those need. */
export function withoutProtected(entries: ResourceState[]): ResourceState[] {
    const kept = neededByProtected(entries);
    return entries.filter(({ urn }) => !kept.has(urn));
}

/** Names the subject of an entry, in the words of messages. */
function subject({ object, release, name }: ResourceState): string {
    if (release) return releaseName(release);
    return object ? nameOf(object) : name;
}

/** The same trouble may stop several resources; it is told once. */
export function distinct(failures: unknown[]): unknown[] {
    const byMessage = new Map(failures.map((error) => [error instanceof Error ? error.message : String(error), error]));
    return [...byMessage.values()];
}
