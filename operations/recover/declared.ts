import { collect, type Release } from "../../program/collect";
import { type ProgramOptions } from "../../program/program";
import { renderError } from "../../lib/errors";

/** Releases that the program declares, or why that can't be told. */
export type Declared = { releases: Release[] } | { reason: string };

/**
 * The Releases that the stack's program declares, without a cluster and without a chart. A program that can't be evaluated is no
 * reason not to mend the rest.
 */
export async function declaredReleases(
    options: Pick<ProgramOptions, "stack" | "program" | "config">,
): Promise<Declared> {
    try {
        return { releases: (await collect({ ...options, offline: true })).releases };
    } catch (error) {
        return { reason: renderError(error).split("\n")[0] };
    }
}
