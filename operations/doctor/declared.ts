import { renderStack, type RenderOptions } from "../../render/manifests";
import type { Manifest } from "../../kubernetes/objects";
import { releaseInside, certManagerType } from "../../program/cert-manager";
import { hideSecrets, masked } from "../../render/mask";
import { type ProgramOptions, runProgram } from "../../program/program";
import { isDirectory } from "../../program/sources";
import { inTime } from "./cluster-reader";

/** A Helm release that the stack makes. */
export interface DeclaredRelease {
    name: string;
    namespace: string;
    /** A directory of the project, an `oci://` address, or the chart's name in `repository`. */
    chart: string;
    repository?: string;
    version?: string;
}

/** What a stack would make, as far as it is known without an update. */
export interface Declared {
    manifests: Manifest[];
    releases: DeclaredRelease[];
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

const releaseType = "kubernetes:helm.sh/v3:Release";

/**
 * What the program itself declares: its objects, and its releases by what they are given. Needs neither a network nor Helm.
 *
 * @throws ConfigError or UserError when the program refuses its config
 */
export async function declaredByProgram(options: DeclaredOptions): Promise<Declared> {
    const manifests: Manifest[] = [];
    const releases: DeclaredRelease[] = [];
    await runProgram({
        ...stackOnly(options),
        offline: true,
        handler: (request) => {
            const { type, inputs } =
                request.type === certManagerType
                    ? { type: releaseType, inputs: releaseInside(request).inputs }
                    : { type: request.type, inputs: hideSecrets(request) };
            if (type === releaseType) {
                const { repo } = (inputs.repositoryOpts ?? {}) as { repo?: string };
                const { name, namespace, chart, version } = inputs as unknown as DeclaredRelease;
                releases.push({ name, namespace, chart, version, ...(repo ? { repository: repo } : {}) });
            } else if (request.custom && type.startsWith("kubernetes:")) manifests.push(inputs as unknown as Manifest);
            const result = type.startsWith("random:") ? { result: masked } : {};
            // Of a definition nobody reads more than its name.
            const outputs = type.endsWith(":CustomResourceDefinition") ? { ...inputs, spec: undefined } : inputs;
            return Promise.resolve({ id: request.name, outputs: { ...outputs, ...result } });
        },
    });
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
        const reason = (error as Error).message.split("\n")[0];
        return { ...plain, closed: plain.closed.map(({ release }) => ({ release, reason })) };
    }
}
