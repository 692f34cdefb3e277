// What was found, for people and for machines, and what it means for how a command ends. Shared by every operation that looks.
import pc from "picocolors";

import { type CommandResult, type ExitCode, exitCodes } from "../lib/exit-codes";

/** Severity of a finding. `error`: an update would fail or do harm. `warning`: it may. `info`: good to know; it counts as passed. */
export type Level = "error" | "warning" | "info" | "passed";

/** One thing that was looked at. */
export interface Finding {
    /** Stable, e.g. `DP-HELM-001`; each is in docs/recovery.md. */
    id: string;
    /** One of a few, e.g. `cluster`, `access`, `storage`. */
    category: string;
    level: Level;
    /** Object of the finding, e.g. `Release dev-streaming/kafka`. */
    subject: string;
    message: string;
    /** The command that mends it, or what to do. */
    fix?: string;
}

export interface FindingsOptions {
    /** Say only what isn't well. @default false */
    short?: boolean;
    /** Let warnings count as errors. @default false */
    strict?: boolean;
}

/** Number of findings of each level. */
export type FindingCounts = Record<Level, number>;

const marks: Record<Level, string> = { passed: "✔", info: "·", warning: "‼", error: "✘" };

const colours: Record<Level, (text: string) => string> = {
    passed: pc.green,
    info: pc.dim,
    warning: pc.yellow,
    error: pc.red,
};

/** Number of findings of each level. */
export function countFindings(findings: readonly Finding[]): FindingCounts {
    const counts: FindingCounts = { error: 0, warning: 0, info: 0, passed: 0 };
    for (const { level } of findings) counts[level]++;
    return counts;
}

/**
 * Findings as a command's answer: text and JSON of the same, and the exit code.
 *
 * @param more Stands beside the findings in the JSON, e.g. the stack's name.
 */
export function findingsResult(
    findings: readonly Finding[],
    options: FindingsOptions = {},
    more: Record<string, unknown> = {},
): CommandResult {
    return {
        text: findingsText(findings, options),
        json: { ...more, ...findingsJson(findings, options) },
        code: findingsCode(findings, options),
    };
}

/** 0 when all passed, 3 when there are errors, 4 when there are warnings only, which `strict` counts as errors. */
export function findingsCode(findings: readonly Finding[], { strict = false }: FindingsOptions = {}): ExitCode {
    const { error, warning } = countFindings(findings);
    if (error > 0 || (strict && warning > 0)) return exitCodes.found;
    return warning > 0 ? exitCodes.warnings : exitCodes.done;
}

/** Every finding with the counts, whole: `short` is for people. */
export function findingsJson(findings: readonly Finding[], options: FindingsOptions = {}) {
    return {
        success: findingsCode(findings, options) === exitCodes.done,
        counts: countFindings(findings),
        findings: [...findings],
    };
}

/** Findings by category, in the order in which the categories first come up, and a line that counts them. */
export function findingsText(findings: readonly Finding[], options: FindingsOptions = {}): string {
    const shown = options.short ? findings.filter(({ level }) => isProblem(level)) : findings;
    const categories = [...new Set(shown.map(({ category }) => category))];
    const blocks = categories.map((category) => {
        const title = plain(category);
        const lines = shown.filter((each) => each.category === category).flatMap((each) => findingLines(each));
        return [title, "─".repeat(title.length), ...lines, ""];
    });
    return [...blocks.flat(), summary(findings, options)].join("\n");
}

/** One finding: its line, and below a problem what mends it. */
export function findingLines({ id, level, subject, message, fix }: Finding): string[] {
    const about = subject === "" || message.startsWith(subject) ? message : `${subject}: ${message}`;
    const [first, ...more] = about.split("\n").map(plain);
    return [
        `${colours[level](marks[level])} ${id}  ${first}`,
        ...more.map((line) => `    ${line}`),
        ...(fix && level !== "passed" ? fix.split("\n").map((line) => `    fix: ${plain(line)}`) : []),
    ];
}

function summary(findings: readonly Finding[], { strict }: FindingsOptions): string {
    const counts = countFindings(findings);
    const part = (level: Level, one: string, many: string) =>
        counts[level] > 0 ? [`${counts[level]} ${counts[level] === 1 ? one : many}`] : [];
    const said = [
        ...part("error", "error", "errors"),
        ...part("warning", "warning", "warnings"),
        ...part("info", "note", "notes"),
        `${counts.passed} passed`,
    ].join(" · ");
    return strict && counts.warning > 0 && counts.error === 0 ? `${said} (--strict: warnings count as errors)` : said;
}

function isProblem(level: Level): boolean {
    return level === "error" || level === "warning";
}

/** Names and messages come from the cluster: what steers a terminal has no business in them. */
function plain(text: string): string {
    // eslint-disable-next-line no-control-regex -- that is what is taken out
    return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
}
