import pc from "picocolors";

import type { SweepReport, Swept, SweptOrphan } from "./sweep";
import { headline } from "./sweep";

/** GitHub's limit for a step's summary is 1 MiB; nobody reads that much. */
const longest = 60_000;

const marks: Record<Swept["outcome"], string> = {
    destroyed: pc.green("✔"),
    marked: pc.cyan("·"),
    left: pc.dim("·"),
    locked: pc.yellow("‼"),
    failed: pc.red("✘"),
    "not begun": pc.red("✘"),
};

/** Formats the report of a sweep, for people. */
export function sweepText(report: SweepReport): string {
    const would = report.dryRun ? "would be " : "";
    const stacks = report.stacks.flatMap(({ stack, outcome, why, error, evidence = [], fix }) => [
        `${marks[outcome]} ${stack.padEnd(8)} ${outcome === "left" ? why : `${changes(outcome) ? would : ""}${outcome}: ${why}`}`,
        ...(error ? error.split("\n").map((line) => `    ${line}`) : []),
        ...evidence.map((line) => `    | ${line}`),
        ...(fix ? [`    fix: ${fix}`] : []),
    ]);
    const orphans = report.orphans.flatMap((orphan) => [
        `${orphan.outcome === "destroyed" ? pc.green("✔") : pc.yellow("‼")} ${orphan.stack.padEnd(8)} ${orphanText(orphan)}`,
        ...(orphan.error ? [`    ${orphan.error}`] : []),
        ...(orphan.fix && orphan.outcome !== "destroyed" ? [`    fix: ${orphan.fix}`] : []),
    ]);
    return [...stacks, ...orphans, ...report.notes.map((note) => `${pc.yellow("‼")} ${note}`), headline(report)].join(
        "\n",
    );
}

/** The same for the summary of a step in CI. */
export function sweepMarkdown(report: SweepReport): string {
    const rows = [
        ...report.stacks.map(({ stack, outcome, why, error, fix }) => [
            stack,
            report.dryRun && changes(outcome) ? `would be ${outcome}` : outcome,
            [why, error].filter(Boolean).join("; "),
            fix ?? "",
        ]),
        ...report.orphans.map((orphan) => [
            orphan.stack,
            orphan.outcome,
            [orphanText(orphan), orphan.error].filter(Boolean).join("; "),
            orphan.outcome === "destroyed" ? "" : (orphan.fix ?? ""),
        ]),
    ];
    const text = [
        `### Short-lived stacks: ${headline(report)}`,
        "",
        `${report.at}, ${cell(report.backend)}${report.dryRun ? ", nothing was changed" : ""}`,
        "",
        ...(rows.length > 0
            ? [
                  ...["| Stack | Outcome | Why | What to do |", "| --- | --- | --- | --- |"],
                  ...rows.map((row) => `| ${row.map(cell).join(" | ")} |`),
                  "",
              ]
            : []),
        ...report.notes.map((note) => `- ${cell(note)}`),
    ].join("\n");
    return text.length > longest ? `${text.slice(0, longest)}\n\n… cut\n` : `${text}\n`;
}

function changes(outcome: Swept["outcome"]): boolean {
    return outcome === "destroyed" || outcome === "marked";
}

function orphanText({ namespaces, outcome }: SweptOrphan): string {
    const what = `no stack of this backend, but there ${namespaces.length === 1 ? "is" : "are"} ${namespaces.join(", ")}`;
    return outcome === "reported" ? what : `${what}: ${outcome}`;
}

/** Text from a cluster in a cell of a table. */
function cell(text: string): string {
    return text.replaceAll(/\s+/g, " ").replaceAll(/[\\`*_{}[\]<>()#|!~@&]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
