/** A table in Markdown; bars in its cells are escaped, line breaks become spaces. */
export function table(head: string[], rows: string[][]): string {
    const line = (cells: string[]) =>
        `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replace(/\s*\n\s*/g, " ")).join(" | ")} |`;
    return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
