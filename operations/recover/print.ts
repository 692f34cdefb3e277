import pc from "picocolors";

import type { Leftover, Plan, Step } from "./types";

/** A plan for people: what was found, what will be done, why that is safe, and how to do it by hand. */
export function planText({ stack, steps, left, unknown, next }: Plan): string {
    const blocks = [
        ...steps.map((step, index) => stepText(step, `${index + 1}. `)),
        ...left.map(leftText),
        ...(unknown.length > 0
            ? [["could not be found out:", ...unknown.map((text) => `    ${text}`)].join("\n")]
            : []),
    ];
    const nothing = steps.length === 0 && left.length === 0 ? [`nothing to mend in stack ${stack}`] : [];
    return printable([...nothing, ...blocks, ...(left.some(isError) ? [] : [`next: ${next}`])].join("\n"));
}

/** Formats the steps that were done, and those that come next. */
export function recoveryText({ stack, left, next }: Plan, done: Step[], backups: string[]): string {
    const lines = [
        done.length === 1
            ? `1 thing of stack ${stack} was mended:`
            : `${done.length} things of stack ${stack} were mended:`,
        ...done.map(({ subject, does }) => `  ${pc.green("✔")} ${subject}: ${past(does)}`),
        ...left.map(leftText),
        ...(backups.length > 0 ? ["as it was before:", ...backups.map((file) => `  ${file}`)] : []),
        ...(left.some(isError) ? [] : [`next: ${next}`]),
    ];
    return printable(lines.join("\n"));
}

function stepText({ subject, found, does, safe, byHand }: Step, number: string): string {
    const line = (what: string, text: string) => `${" ".repeat(number.length)}${what.padEnd(9)}${text}`;
    return [
        `${number}${pc.bold(subject)}`,
        ...found.map((text, index) => line(index === 0 ? "found:" : "", text)),
        line("does:", does),
        line("safe:", safe),
        ...byHand.map((text, index) => line(index === 0 ? "by hand:" : "", text)),
    ].join("\n");
}

function leftText({ subject, found, fix, level }: Leftover): string {
    return `${level === "error" ? pc.red("✘") : pc.yellow("‼")} ${pc.bold(subject)} ${found}\n    fix: ${fix}`;
}

function isError({ level }: Leftover): boolean {
    return level === "error";
}

function past(does: string): string {
    return does
        .replace(/^takes/, "took")
        .replace(/^marks/, "marked")
        .replace(/^brings/, "brought");
}

/** Names come from the cluster: what steers a terminal has no business in them; colours are ours. */
function printable(text: string): string {
    // eslint-disable-next-line no-control-regex -- that is what is taken out
    return text.replace(/[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]|\u001b(?!\[\d{1,2}m)/g, "");
}
