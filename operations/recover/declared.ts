import { certManagerType, releaseInside } from "../../program/cert-manager";
import { type ProgramOptions, runProgram } from "../../program/program";
import { renderError } from "../../lib/errors";

/** A Release of the program. */
export interface DeclaredRelease {
    name: string;
    namespace: string;
    /** Seconds that each part of an install or upgrade may take. */
    timeout: number;
}

/** What the program declares, or why that can't be told. */
export type Declared = { releases: DeclaredRelease[] } | { reason: string };

/** Seconds that Pulumi's provider, and Helm, take where a Release says nothing. */
const defaultTimeout = 300;

/**
 * The Releases that the stack's program declares, without a cluster and without a chart. A program that can't be evaluated is no
 * reason not to mend the rest.
 */
export async function declaredReleases(
    options: Pick<ProgramOptions, "stack" | "program" | "config">,
): Promise<Declared> {
    const releases: DeclaredRelease[] = [];
    try {
        await runProgram({
            ...options,
            offline: true,
            handler: (request) => {
                const { type, custom, inputs, name } = request;
                if (type === certManagerType) releases.push(releaseOf(releaseInside(request).inputs));
                else if (custom && type === "kubernetes:helm.sh/v3:Release") releases.push(releaseOf(inputs));
                // Nobody reads passwords here, but what is made of them wants a text.
                const outputs = type.startsWith("random:") ? { ...inputs, result: "unknown", hex: "00" } : inputs;
                return Promise.resolve({ id: name, outputs });
            },
        });
        return { releases };
    } catch (error) {
        return { reason: renderError(error).split("\n")[0] };
    }
}

function releaseOf({ name, namespace, timeout }: Record<string, unknown>): DeclaredRelease {
    return {
        name: String(name),
        namespace: typeof namespace === "string" ? namespace : "default",
        timeout: typeof timeout === "number" ? timeout : defaultTimeout,
    };
}
