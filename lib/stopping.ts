import { AsyncLocalStorage } from "node:async_hooks";

import { UserError } from "./errors";

/** Error of work that was ended because it can't be of use any more; whoever ended it has the reason. */
export class Stopped extends UserError {}

const current = new AsyncLocalStorage<AbortSignal | undefined>();

/** Does work whose long steps end in good order when the signal comes: `stopSignalHere` gives it to them. */
export function stoppable<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const outer = current.getStore();
    return current.run(outer ? AbortSignal.any([outer, signal]) : signal, work);
}

/** The signal of the work that this is part of. */
export function stopSignalHere(): AbortSignal | undefined {
    return current.getStore();
}

/** Ends here when the work that this is part of was stopped. */
export function endIfStopped(): void {
    if (current.getStore()?.aborted) throw new Stopped("was stopped");
}

/**
 * Does several things side by side that are of no use without each other: when one fails, the others are ended in good order, and
 * all of them have ended when this rejects.
 *
 * @throws what the first one failed with; all failures where others failed by themselves before they were stopped
 */
export async function allOrNone<T extends readonly unknown[]>(works: {
    [K in keyof T]: () => Promise<T[K]>;
}): Promise<T> {
    const failed = new AbortController();
    const all = (works as readonly (() => Promise<unknown>)[]).map((work) =>
        stoppable(failed.signal, work).catch((error: unknown) => {
            failed.abort();
            throw error;
        }),
    );
    const results = await Promise.allSettled(all);
    const reasons = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
    const causes = reasons.filter((reason) => !(reason instanceof Stopped));
    if (causes.length > 1) throw new AggregateError(causes);
    if (reasons.length > 0) throw causes[0] ?? reasons[0];
    return (await Promise.all(all)) as unknown as T;
}
