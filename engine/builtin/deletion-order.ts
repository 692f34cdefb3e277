import { ResourceState } from "./state";

/** The entries that have to be gone before another may go: those that depend on it, its children, and so on. */
export function dependents(entries: ResourceState[]): Map<string, Set<string>> {
    const found = new Map<string, Set<string>>(entries.map(({ urn }) => [urn, new Set()]));
    for (const { urn, parent, dependencies } of entries) {
        for (const needed of [...dependencies, ...(parent ? [parent] : [])]) {
            if (needed !== urn) found.get(needed)?.add(urn);
        }
    }
    return found;
}

/** Result of a walk: the entries that are through, and why others are not. */
export interface DeletionResult {
    done: ResourceState[];
    failures: unknown[];
    /** Not tried, because something that depends on them is still there. */
    held: ResourceState[];
}

/**
 * Works through entries in reverse order of dependency; what doesn't depend on each other at the same time. When one fails,
 * what it needs is left alone, and everything else goes on.
 */
export async function inDependencyOrder(
    entries: ResourceState[],
    work: (entry: ResourceState) => Promise<void>,
): Promise<DeletionResult> {
    const waits = dependents(entries);
    const walk: DeletionResult = { done: [], failures: [], held: [] };
    const runs = new Map<string, Promise<boolean>>();
    const visit = (entry: ResourceState, path: string[]): Promise<boolean> => {
        if (path.includes(entry.urn))
            return Promise.reject(new Error(`resources depend on each other: ${[...path, entry.urn].join(" -> ")}`));
        let running = runs.get(entry.urn);
        if (!running) {
            running = go(entry, [...path, entry.urn]);
            runs.set(entry.urn, running);
        }
        return running;
    };
    const byUrn = new Map(entries.map((entry) => [entry.urn, entry]));
    const go = async (entry: ResourceState, path: string[]): Promise<boolean> => {
        const before = [...(waits.get(entry.urn) ?? [])].flatMap((urn) => byUrn.get(urn) ?? []);
        const gone = await Promise.all(before.map((other) => visit(other, path)));
        if (!gone.every(Boolean)) {
            walk.held.push(entry);
            return false;
        }
        try {
            await work(entry);
            walk.done.push(entry);
            return true;
        } catch (error) {
            walk.failures.push(error);
            return false;
        }
    };
    await Promise.all(entries.map((entry) => visit(entry, [])));
    return walk;
}
