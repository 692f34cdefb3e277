import { appendFile, readFile } from "node:fs/promises";

import { openEngine } from "../../engine/open";
import * as stacks from "../../operations/ephemeral";
import { stopSignal } from "../../lib/signals";
import { confirm } from "../confirm";
import { UsageError } from "../../lib/errors";
import { CommandResult, exitCodes, type ExitCode } from "../../lib/exit-codes";
import type { ListFlags } from "./ephemeral";

export interface SweepFlags extends ListFlags {
    yes?: boolean;
    dryRun?: boolean;
    grace: string;
    orphans?: boolean;
    openPullRequests?: string;
    summary?: string;
    timeout: number;
    budget: number;
}

const minute = 60_000;

/** `ephemeral sweep` */
export async function sweep(flags: SweepFlags): Promise<CommandResult> {
    const { dryRun, yes, orphans, prefix, timeout, budget } = flags;
    const grace = stacks.duration(flags.grace);
    const template = stacks.templateFile(flags.template);
    const openPullRequests = await numbersOf(flags.openPullRequests);
    if (!/^[a-z][-a-z]*-$/.test(prefix)) {
        throw new UsageError(`"${prefix}" is no prefix`, {
            allowed: "small letters and dashes, a dash at the end: pr-",
        });
    }
    const backend = await openEngine({ engine: flags.engine });
    return stacks.withClusters(async (clusters) => {
        const options: stacks.SweepOptions = {
            ...{ backend, clusters, template, prefix, grace, orphans, openPullRequests, now: new Date() },
            ...{ timeout: timeout * minute, budget: budget * minute },
        };
        const plan = await stacks.planSweep(options);
        const dry = stacks.dryReport(plan, options);
        const isWork = stacks.hasWork(plan, orphans);
        if (dryRun) return answer(dry, isWork, flags);
        if (isWork) {
            const text = stacks.sweepText({ ...dry, dryRun: true });
            if (!(await confirm({ question: "Do this?", plan: text, yes }))) {
                return { text: "nothing was changed", json: { ...dry, changed: false }, code: exitCodes.failed };
            }
        }
        return answer(
            await stacks.sweep(plan, { ...options, signal: isWork ? stopSignal() : undefined }),
            isWork,
            flags,
        );
    });
}

async function answer(report: stacks.SweepReport, isWork: boolean, { summary }: SweepFlags): Promise<CommandResult> {
    if (summary) await appendFile(summary, stacks.sweepMarkdown(report));
    const [text, code] = [stacks.sweepText(report), codeOf(report, isWork)];
    // What could not be done is said where errors are.
    if (code === exitCodes.failed) process.stderr.write(`${text}\n`);
    return { text: code === exitCodes.failed ? "" : text, json: report, code };
}

function codeOf({ dryRun, stacks: swept, orphans }: stacks.SweepReport, isWork: boolean): ExitCode {
    const isUnresolved =
        swept.some(({ outcome }) => outcome === "failed" || outcome === "not begun") ||
        orphans.some(({ outcome }) => outcome === "failed");
    if (isUnresolved) return exitCodes.failed;
    if (dryRun && isWork) return exitCodes.found;
    return orphans.some(({ outcome }) => outcome === "reported") ? exitCodes.warnings : exitCodes.done;
}

/** Numbers of open pull requests: `7,9`, nothing between commas for none, or a file with a JSON list. */
async function numbersOf(text: string | undefined): Promise<number[] | undefined> {
    if (text === undefined) return undefined;
    const wrong = (why: string): never => {
        throw new UsageError(`--open-pull-requests: ${why}`, {
            allowed: "numbers with commas between them such as 7,9, or a JSON file such as [7, 9]",
        });
    };
    // Nothing at all is a variable that wasn't set, not a list without entries.
    if (text.trim() === "") wrong("it is empty; when none is open, say so by a file with []");
    if (/^\d+(,\d+)*$/.test(text.replaceAll(" ", ""))) return text.split(",").map(Number);
    const content = await readFile(text, "utf8").catch((error: NodeJS.ErrnoException) =>
        wrong(`${text} can't be read (${error.code ?? error.message})`),
    );
    try {
        const numbers = JSON.parse(content) as unknown;
        // Anything but a list of numbers, such as an error page, would have every stack destroyed.
        if (Array.isArray(numbers) && numbers.every((each) => Number.isSafeInteger(each))) return numbers as number[];
    } catch {
        // Told below.
    }
    return wrong(`${text} holds no list of numbers`);
}
