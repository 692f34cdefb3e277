import { existsSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";

import { redactedText } from "../../render/diff/redact";
import { readSide, Side } from "../../render/diff/side";
import type { ChartSource } from "../../render/chart-source";
import { run } from "../../lib/exec";
import { UserError, UserErrorDetails } from "../../lib/errors";
import { withoutSecrets } from "./environment";

export interface SideOptions {
    stack: string;
    /** The checkout whose own program renders. */
    project: string;
    /** Directory to write to. */
    out: string;
    charts: ChartSource;
    allowMissing?: boolean;
    signal?: AbortSignal;
    /** Told what is under way. */
    note?: (text: string) => void;
}

/** A stack as one checkout renders it, or why it can't. */
export type RenderedSide = { side: Side } | { reason: string };

/**
 * Renders a stack by a checkout's own program, in a process of its own whose environment has no secrets in it.
 *
 * @param name what to call the side
 * @throws when it was stopped
 */
export async function renderSide(
    name: string,
    { stack, project, out, charts, allowMissing, signal, note }: SideOptions,
): Promise<RenderedSide> {
    const options = [
        "--stack",
        stack,
        "--out",
        out,
        "--charts",
        charts,
        ...(allowMissing ? ["--allow-missing-charts"] : []),
    ];
    const { code, stdout, stderr } = await run(
        process.execPath,
        [join(project, "cli", "data-platform.mjs"), "render", ...options, "--json"],
        {
            cwd: project,
            env: { ...withoutSecrets(), NO_COLOR: "1", FORCE_COLOR: undefined },
            okCodes: Array.from({ length: 256 }, (_, each) => each),
            onLine: (line) => /^\s*…/.test(line) && note?.(line.replace(/^\s*…\s*/, "")),
            signal,
        },
    );
    if (code === 0 && existsSync(out)) {
        const side = await readSide(out);
        return { side: { ...side, name } };
    }
    return { reason: reasonOf(stdout, stderr, code, project) };
}

/** Message of a failed render, without where on this machine it was, and without what looks like a secret. */
function reasonOf(stdout: string, stderr: string, code: number, project: string): string {
    const text = stripVTControlCharacters(structured(stdout) ?? stderr.replace(/^\s*[▸…✔✘] .*\n?/gm, ""))
        .replaceAll(`${project}/`, "")
        .replaceAll(project, ".")
        .trim();
    return redactedText(text || `it ended with code ${code} and said nothing`);
}

function structured(stdout: string): string | undefined {
    try {
        const { error } = JSON.parse(stdout) as { error?: { message?: string } & UserErrorDetails };
        if (!error?.message) return undefined;
        const { message, ...details } = error;
        return new UserError(message, details).render();
    } catch {
        return undefined;
    }
}
