import { type Level, levels, type Threshold } from "./levels";
import { type Row } from "./scan";
import { type Finding, type ScanResult } from "./triage";

const headings = ["", "source", "packages", ...levels];

/** The table and what is to be done about it, for a terminal. */
export function report(result: ScanResult, level: Threshold): string {
    const cells = result.rows.map(cellsOf);
    const widths = headings.map((heading, column) =>
        Math.max(
            heading.length,
            ...cells.filter(({ length }) => column < 2 || length > 3).map((row) => row[column].length),
        ),
    );
    const line = (row: string[]) =>
        row
            .map((cell, column) =>
                row.length === 3 && column === 2
                    ? cell
                    : column < 2
                      ? cell.padEnd(widths[column])
                      : cell.padStart(widths[column]),
            )
            .join("  ")
            .trimEnd();
    return [line(headings), ...cells.map(line), "", ...remarks(result, level)].join("\n");
}

/** The same in Markdown, for an issue; what others wrote stands as code. */
export function markdown(result: ScanResult, level: Threshold): string {
    const row = (cells: string[]) => `| ${cells.join(" | ")} |`;
    const cells = result.rows.map((each) => {
        const all = cellsOf(each);
        const named = [all[0], code(all[1]), ...(all.length === 3 ? [code(all[2])] : all.slice(2))];
        return [...named, ...Array<string>(headings.length - named.length).fill("")];
    });
    const shown = result.findings.slice(0, 200).map((each) => `- ${each.level}: ${code(sentence(each))}`);
    const more = result.findings.length - shown.length;
    return [
        ...[row(headings), row(headings.map((_, column) => (column < 2 ? "---" : "---:"))), ...cells.map(row), ""],
        ...[summary(result, level), "", ...shown, ...(more > 0 ? [`- and ${more} more: \`make scan\``] : [])],
        ...[...result.idle.map(({ id }) => `- ${code(`advisories.yaml: ${id} is about nothing any more`)}`), ""],
    ].join("\n");
}

const code = (text: string) => `\`${text.replace(/[`|\r\n]/g, " ").trim() || "-"}\``;

function cellsOf({ kind, source, answer, silent }: Row): string[] {
    if (!answer) return [kind, source, `couldn't be asked: ${silent}`];
    const count = (level: Level) => answer.advisories.filter((each) => each.level === level).length;
    return [kind, source, String(answer.packages), ...levels.map((level) => String(count(level)))];
}

function remarks(result: ScanResult, level: Threshold): string[] {
    return [
        ...result.findings.map((each) => `${each.level}: ${sentence(each)}`),
        ...result.idle.map(
            ({ id, package: name = "" }) => `advisories.yaml: ${`${id} ${name}`.trim()} is about nothing any more`,
        ),
        summary(result, level),
    ];
}

function sentence({ ids, package: name, version, summary: what, fixed, sources, expired }: Finding): string {
    return [
        `${name} ${version}: ${ids.join(", ")}`,
        ...(what ? [what] : []),
        fixed.length > 0 ? `mended in ${fixed.join(", ")}` : "not mended in any version",
        `in ${sources.join(", ")}`,
        ...(expired ? [`let pass until ${expired.until}, which is over`] : []),
    ].join("; ");
}

function summary({ rows, findings, used, silent }: ScanResult, level: Threshold): string {
    const asked = rows.length - silent.length;
    return [
        `${asked} of ${rows.length} sources were asked about`,
        `${findings.length} advisories at or above ${level}, or that nobody has rated, are not allowed`,
        ...(used.length > 0 ? [`${used.length} may stand (advisories.yaml)`] : []),
    ].join("; ");
}
