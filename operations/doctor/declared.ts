import { renderStack, type RenderOptions } from "../../render/manifests";
import type { Manifest } from "../../kubernetes/objects";
import { collect, type Release } from "../../program/collect";
import type { ProgramOptions } from "../../program/program";
import { isDirectory } from "../../program/sources";
import { helmAtHand } from "../../tools/helm";
import { inTime } from "./cluster-reader";

/** Objects and releases that a stack would make, as far as they are known without an update. */
export interface Declared {
    manifests: Manifest[];
    releases: Release[];
    /** Releases the inside of which isn't known, with the reason. */
    closed: { release: string; reason: string }[];
}

export type DeclaredOptions = Pick<ProgramOptions, "stack" | "config" | "configFile" | "program">;

/** Callers have options of their own beside these. */
function stackOnly({ stack, config, configFile, program }: DeclaredOptions): DeclaredOptions {
    return { stack, config, configFile, program };
}

/** Milliseconds that rendering the charts may take. */
const renderLimit = 120_000;

/**
 * Objects that the program itself declares, and its releases by what they are given. Needs neither a network nor Helm.
 *
 * @throws ConfigError or UserError when the program refuses its config
 */
export async function declaredByProgram(options: DeclaredOptions): Promise<Declared> {
    const { objects, releases } = await collect({ ...stackOnly(options), offline: true });
    const manifests = objects.map(({ manifest }) => manifest);
    const closed = releases.map(({ namespace, name }) => ({ release: `${namespace}/${name}`, reason: "not rendered" }));
    return { manifests, releases, closed };
}

/**
 * The same with the inside of the charts, as far as they can be had.
 *
 * @param reachable Whether charts may be fetched from where the stack says; otherwise those in the project stand for them.
 */
export async function declaredWithCharts(
    options: DeclaredOptions,
    plain: Declared,
    reachable: boolean,
    note?: RenderOptions["note"],
): Promise<Declared> {
    const ofProject = plain.releases.every(({ chart }) => isDirectory(chart));
    const charts = reachable || ofProject ? "configured" : "directories";
    const closed = (reason: string) => ({ ...plain, closed: plain.closed.map(({ release }) => ({ release, reason })) });
    // Whoever looks doesn't wait for minutes until a Helm is built.
    if (!(await helmAtHand(note)))
        return closed("Helm is not at hand: install it (https://helm.sh/docs/intro/install)");
    try {
        const rendering = renderStack({ ...stackOnly(options), charts, allowMissing: true, note });
        const { objects, releases, missing } = await inTime("rendering the charts", rendering, renderLimit);
        return {
            manifests: objects.map(({ manifest }) => manifest).filter(({ kind }) => kind !== "Release"),
            releases: plain.releases,
            closed: releases
                .filter(({ rendered }) => !rendered)
                .map(({ namespace, name, chart }) => ({
                    release: `${namespace}/${name}`,
                    reason:
                        missing.find(({ what }) => what.includes(chart.split("/").at(-1) ?? chart))?.reason ??
                        "its chart is not in the project and was not fetched",
                })),
        };
    } catch (error) {
        return closed((error as Error).message.split("\n")[0]);
    }
}
