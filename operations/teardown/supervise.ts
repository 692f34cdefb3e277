import { setTimeout as pause } from "node:timers/promises";

import { UserError } from "../../lib/errors";
import { Stuck, TeardownStuck } from "./types";
import { isPassing, Watch } from "./watch";

/**
 * Milliseconds that an operation has to end in good order once it was told to: Pulumi's provider can't stop an uninstall, which
 * takes ten minutes at most, and killed in it the CLI would leave its lock.
 */
const stopLimit = 660_000;

export interface SuperviseOptions {
    stack: string;
    watch: Watch;
    /** Time at which the whole has to be done, as `Date.now()` has it. */
    deadline: number;
    /** Milliseconds between two looks. */
    interval: number;
    signal?: AbortSignal;
    note?: (text: string) => void;
}

/**
 * Does something while what it deletes is watched, and stops it in good order when something doesn't go in its time.
 *
 * @throws TeardownStuck that names what doesn't go, why, and what helps
 */
export async function supervise<T>(
    work: (signal: AbortSignal) => Promise<T>,
    { stack, watch, deadline, interval, signal, note }: SuperviseOptions,
): Promise<T> {
    const stop = new AbortController();
    let outcome: "going" | "well" | "failed" = "going";
    const running = work(signal ? AbortSignal.any([signal, stop.signal]) : stop.signal);
    const ended = running.then(
        () => void (outcome = "well"),
        () => void (outcome = "failed"),
    );
    const isGoing = () => outcome === "going";
    const untilEnded = (milliseconds: number) => Promise.race([ended, pause(milliseconds, undefined, { ref: false })]);
    for (;;) {
        await untilEnded(interval);
        if (!isGoing()) return running;
        const stuck = await watch.look().catch(noneIfPassing);
        const late = Date.now() > deadline;
        if (stuck.length === 0 && !late) continue;
        const told = stuck.length > 0 ? stuck : await watch.explainAll().catch(noneIfPassing);
        stop.abort();
        note?.(`${told[0]?.object ?? "something"} does not go; stopping in good order`);
        await untilEnded(stopLimit);
        // It was about to end by itself.
        if ((outcome as string) === "well") return running;
        throw stuckError(stack, told, late && stuck.length === 0 ? "the time for the whole is over" : undefined);
    }
}

/** The error that names what doesn't go. @param why what else there is to say of it */
export function stuckError(stack: string, stuck: Stuck[], why?: string): TeardownStuck {
    const [first] = stuck;
    const clearable = stuck.some((each) => each.clearable);
    const message = first
        ? `${first.object}${stuck.length > 1 ? ` and ${stuck.length - 1} more` : ""} did not go in the time it has`
        : `the stack ${stack} is not gone yet`;
    return new TeardownStuck(why ? `${message}: ${why}` : message, stuck, {
        evidence: stuck.flatMap(stuckLines),
        fix: clearable
            ? `start what lets them go, or do without it: data-platform teardown --stack ${stack} --clear-finalizers`
            : `${first ? "see above, then go on" : "go on"} with the same command; what is deleted already is remembered`,
    });
}

/** One thing that doesn't go, for people. */
export function stuckLines({ object, seconds, finalizers, why, fix }: Stuck): string[] {
    const held = finalizers.length > 0 ? `, held by ${finalizers.join(", ")}` : "";
    return [`${object} is being deleted since ${seconds} s${held}`, `    ${why}`, `    ${fix}`];
}

/** Tells whether an error of an operation is about one of the things that don't go. */
export function isAbout(error: unknown, { object }: Stuck): boolean {
    return textOf(error).includes(
        object
            .slice(object.lastIndexOf("/") + 1)
            .split(" ")
            .at(-1) ?? object,
    );
}

/** All that an error says. */
export function textOf(error: unknown): string {
    if (error instanceof AggregateError) return error.errors.map(textOf).join("\n");
    if (error instanceof UserError) return error.render();
    return error instanceof Error ? error.message : String(error);
}

function noneIfPassing(error: unknown): Stuck[] {
    if (isPassing(error)) return [];
    throw error;
}
