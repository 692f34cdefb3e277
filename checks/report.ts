import pc from "picocolors";

import { type Judgement, type StackVerdict } from "./stacks";
import { type Finding } from "./verdict";

/** A judgement as text for people: a table a stack, then what is to be mended. */
export function report({ stacks, stale }: Judgement): string {
    return [...stacks.map(stackReport), ...(stale.length ? [staleReport(stale)] : [])].join("\n\n");
}

/** Whether nothing is to be mended. */
export function isGreen({ stacks, stale }: Judgement): boolean {
    return stale.length === 0 && stacks.every(({ open }) => open.length === 0);
}

function stackReport({ stack, verdicts, open, allowed, notJudged }: StackVerdict): string {
    const count = (findings: Finding[], judge: string) => findings.filter((each) => each.judge === judge).length;
    const rows = verdicts.map(({ judge, objects }) => [
        judge,
        String(objects),
        String(count(open, judge)),
        String(count(allowed, judge)),
    ]);
    const extraction = open.filter(({ judge }) => judge === "extraction").length;
    if (extraction) rows.push(["extraction", "", String(extraction), "0"]);
    return [
        `${open.length ? pc.red("✘") : pc.green("✔")} ${pc.bold(stack)}`,
        ...table([["judge", "objects", "findings", "allowed"], ...rows]),
        ...notJudged.map((each) => pc.dim(`  not judged: ${each}`)),
        ...open.flatMap(findingLines),
        ...(open.length ? ["  Mend them, or allow one with a reason: docs/checks.md"] : []),
    ].join("\n");
}

function findingLines({ judge, check, object, origin, message }: Finding): string[] {
    return [`  ${pc.red("✘")} ${judge} ${check}  ${object}`, `      in ${origin}`, `      ${message}`];
}

function staleReport(stale: string[]): string {
    return [
        `${pc.red("✘")} ${pc.bold("checks/baseline.yaml")} allows what nobody finds any more; remove it:`,
        ...stale.map((each) => `  ${each}`),
    ].join("\n");
}

function table(rows: string[][]): string[] {
    const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
    return rows.map(
        (row) =>
            `  ${row.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join("  ")}`,
    );
}
