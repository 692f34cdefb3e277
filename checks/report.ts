import pc from "picocolors";

import { type CheckResults, type StackReport } from "./stacks";
import { type Finding } from "./finding";

/** Check results as text for people: a table a stack, then what is to be fixed. */
export function report({ stacks, stale }: CheckResults): string {
    return [...stacks.map(stackReport), ...(stale.length ? [staleReport(stale)] : [])].join("\n\n");
}

/** Tells whether there is nothing to fix. */
export function isGreen({ stacks, stale }: CheckResults): boolean {
    return stale.length === 0 && stacks.every(({ open }) => open.length === 0);
}

function stackReport({ stack, reports, open, allowed, unchecked }: StackReport): string {
    const count = (findings: Finding[], tool: string) => findings.filter((each) => each.tool === tool).length;
    const rows = reports.map(({ tool, objects }) => [
        tool,
        String(objects),
        String(count(open, tool)),
        String(count(allowed, tool)),
    ]);
    const extraction = open.filter(({ tool }) => tool === "extraction").length;
    if (extraction) rows.push(["extraction", "", String(extraction), "0"]);
    return [
        `${open.length ? pc.red("✘") : pc.green("✔")} ${pc.bold(stack)}`,
        ...table([["tool", "objects", "findings", "allowed"], ...rows]),
        ...unchecked.map((each) => pc.dim(`  not checked: ${each}`)),
        ...open.flatMap(findingLines),
        ...(open.length ? ["  Mend them, or allow one with a reason: docs/checks.md"] : []),
    ].join("\n");
}

function findingLines({ tool, check, object, origin, message }: Finding): string[] {
    return [`  ${pc.red("✘")} ${tool} ${check}  ${object}`, `      in ${origin}`, `      ${message}`];
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
