import type { PendingOperation, StackResource, StackState } from "../engine";
import { ResourceState, State } from "./state";

/** Returns the resources of a stack and those that an update had begun. */
export function stateOf({ entries }: State): StackState {
    const pending = entries.filter(isUnsettled).map((entry): PendingOperation => ({
        kind: entry.pending ? "creating" : "updating",
        resource: resourceOf(entry),
    }));
    return { resources: entries.map(resourceOf), pending };
}

/** Settles what an update had begun: what is among `made` is there, everything else that was being made isn't. */
export async function settle(state: State, made: Set<string>): Promise<void> {
    for (const entry of state.entries.filter(isUnsettled)) {
        const { pending, ...settled } = { ...entry, unready: undefined };
        if (!pending || made.has(entry.urn)) await state.put(settled);
        else await forgetNewest(state, settled);
    }
}

function isUnsettled({ pending, unready }: ResourceState): boolean {
    return pending === true || unready === true;
}

/** Forgets the newest object of an entry, which was about to be made and isn't there; the entry stands for the replaced one again. */
async function forgetNewest(state: State, entry: ResourceState): Promise<void> {
    const [older, ...others] = entry.superseded ?? [];
    if (older) await state.put({ ...entry, object: older, superseded: others });
    else await state.remove(entry.urn);
}

function resourceOf(entry: ResourceState): StackResource {
    const { urn, type, name, custom, protect, retainOnDelete, object, release, pending } = entry;
    const where = release ?? object;
    const id = where && (where.namespace ? `${where.namespace}/${where.name}` : where.name);
    return {
        ...{ urn, type, name, custom, protect, retainOnDelete },
        ...(id !== undefined && !pending ? { id } : {}),
        ...(object ? { object } : {}),
        ...(release ? { release } : {}),
    };
}
