import { closest, distance } from "fastest-levenshtein";

import type { WorkloadsConfig } from "../config/sections/workloads";
import { refuse } from "./declarations/collector";

type Given = NonNullable<WorkloadsConfig["own"]>[string];

/** A workload of one's own as the stack file has it. */
export interface OwnWorkload {
    /** Tells whether this stack has it. @default true */
    enabled: boolean;
    /** Arguments that the stack file sets, to be laid over the declaration's: `{ schedule: "0 7 * * *", ...own.champion.args }`. */
    args: Pick<Given, "schedule" | "timeZone" | "priority">;
    /** Plain settings for its environment: `env: { LIMIT: "40", ...own.champion.settings }`. */
    settings: Record<string, string>;
}

/**
 * What the stack file says of workloads of one's own, `workloads.own.<name>`: so that dev and prod differ without code. A name that the
 * program doesn't know is a problem, as is any other key that nobody reads.
 *
 * @param names All of them, in one call.
 */
export function ownWorkloads<Name extends string>(
    from: WorkloadsConfig["own"],
    names: readonly Name[],
): Record<Name, OwnWorkload> {
    const given: Record<string, Given | undefined> = from ?? {};
    const there = names.length > 0 ? `there are ${names.join(", ")}` : "there are none";
    refuse(
        Object.keys(given)
            .filter((name) => !names.some((known) => known === name))
            .map((name) => ({
                declaration: "ownWorkloads",
                argument: "names",
                message: `the stack's config has workloads.own.${name}, which the program doesn't know; ${there}${meant(name, names)}; take it out of the config, or name it in the call`,
            })),
    );
    return Object.fromEntries(names.map((name) => [name, whole(given[name])])) as Record<Name, OwnWorkload>;
}

function whole({ enabled = true, settings = {}, ...args }: Given = {}): OwnWorkload {
    return { enabled, settings, args };
}

function meant(name: string, names: readonly string[]): string {
    if (names.length === 0) return "";
    const nearest = closest(name, names);
    return distance(name, nearest) <= 2 ? `, did you mean ${nearest}?` : "";
}
