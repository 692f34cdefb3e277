import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";

import { reportOf, UnknownStack } from "../../operations/diff";
import { markdownOf, summaryLimit } from "../../render/diff/markdown";
import { countsOf, differs, Environment, Report } from "../../render/diff/report";
import { textOf } from "../../render/diff/text";
import { stopSignal } from "../../lib/signals";
import { UserError, UsageError } from "../../lib/errors";
import { CommandResult, exitCodes } from "../../lib/exit-codes";
import type { CommonFlags } from "../command";
import type { ChartSource } from "../../render/chart-source";

export interface DiffFlags extends CommonFlags {
    stack?: string[];
    base?: string;
    charts: ChartSource;
    allowMissingCharts?: boolean;
    format: "text" | "markdown";
    out?: string;
    fullOut?: string;
    detailsUrl?: string;
    exitCode?: boolean;
}

/** Compares each stack with the base of this checkout. Files are written also when a stack can't be rendered. */
export async function diffStacks(flags: DiffFlags): Promise<CommandResult> {
    const { stack: stacks, base, charts, allowMissingCharts: allowMissing, format, out, fullOut, detailsUrl } = flags;
    const signal = stopSignal();
    const report = await reportOf({ stacks, base, charts, allowMissing, signal }).catch((error: unknown) => {
        if (signal.aborted) throw new UserError("stopped; nothing was written");
        throw error instanceof UnknownStack ? new UsageError(error.message, error.details) : error;
    });
    const text = format === "markdown" ? markdownOf(report, { detailsUrl }) : plain(report);
    if (out) await write(resolve(out), format === "markdown" ? text : `${stripVTControlCharacters(text)}\n`);
    if (fullOut) await writeAll(resolve(fullOut), report, detailsUrl);
    const places = [out, fullOut].filter(Boolean).join(" and ");
    return {
        text: out ? `${headline(report)}\nwritten to ${places}` : text.trimEnd(),
        json: report,
        code: codeOf(report, flags),
    };
}

function codeOf({ environments }: Report, { exitCode }: DiffFlags): CommandResult["code"] {
    if (environments.some(({ failures }) => failures.some(({ side }) => side === "head"))) return exitCodes.failed;
    return exitCode && environments.some(differs) ? exitCodes.found : exitCodes.done;
}

/** All of it, for an artifact: nothing is cut but the summary, at what GitHub takes. */
async function writeAll(directory: string, report: Report, detailsUrl?: string): Promise<void> {
    await write(join(directory, "summary.md"), markdownOf(report, { limit: summaryLimit, detailsUrl }));
    await write(join(directory, "diff.json"), `${JSON.stringify(report, undefined, 2)}\n`);
    for (const environment of report.environments) {
        const text = stripVTControlCharacters(environmentText(environment, true));
        await write(join(directory, `${environment.stack}.diff`), `${text}\n`);
    }
}

async function write(file: string, text: string): Promise<void> {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
}

function headline({ environments }: Report): string {
    const { added, changed, removed } = countsOf(environments);
    const failed = environments.filter(({ state }) => state === "failed").map(({ stack }) => stack);
    return [
        environments.some(differs)
            ? `${added} added, ${changed} changed, ${removed} removed in ${environments.filter(differs).length} of ${environments.length} stacks`
            : `no rendered changes in ${environments.length} stacks`,
        ...(failed.length > 0 ? [`not compared: ${failed.join(", ")}`] : []),
    ].join("; ");
}

function plain(report: Report): string {
    return [headline(report), ...report.environments.map((each) => environmentText(each))].join("\n\n");
}

function environmentText(
    { stack, state, diff, failures, secretSettings, byValues }: Environment,
    full = false,
): string {
    const what = { compared: "", failed: ": not compared", new: ": new", gone: ": its stack file is gone" }[state];
    return [
        `== ${stack}${what}`,
        ...failures.flatMap(({ side, reason }) => [
            `can't be rendered at the ${side}:`,
            ...reason.split("\n").map((line) => `  ${line}`),
        ]),
        ...(diff ? [textOf(diff, { full })] : []),
        ...(secretSettings.length > 0
            ? [`encrypted settings came, went or were encrypted anew: ${secretSettings.join(", ")}`]
            : []),
        ...(byValues.length > 0 ? [`shown by their values, their charts are not at hand: ${byValues.join(", ")}`] : []),
    ].join("\n");
}
