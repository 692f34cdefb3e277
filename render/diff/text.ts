import pc from "picocolors";

import { nameOf } from "../../kubernetes/client";
import { ComponentDiff, ObjectDiff, Operation, Requests, Summary, TreeDiff, VersionChange } from "./model";
import { asked } from "./requests";

const marks: Record<Operation, (text: string) => string> = {
    added: (text) => pc.green(`+ ${text}`),
    removed: (text) => pc.red(`- ${text}`),
    changed: (text) => pc.yellow(`~ ${text}`),
    renamed: (text) => pc.yellow(`~ ${text}`),
    kept: (text) => pc.yellow(`- ${text}, which stays in the cluster`),
};

export interface TextOptions {
    /** Show the contents of what is added or removed, too. @default false */
    full?: boolean;
}

/** A difference for people: the summary, then component by component. */
export function textOf({ before, after, summary, components }: TreeDiff, options: TextOptions = {}): string {
    const blocks = [summaryLines(summary, before, after), ...components.map((each) => componentLines(each, options))];
    return blocks.map((lines) => lines.join("\n")).join("\n\n");
}

function summaryLines(summary: Summary, before: string, after: string): string[] {
    const { added, removed, changed, kept, unchanged, quiet, images, charts, requests, skipped } = summary;
    const same = added + removed + changed + kept === 0;
    return [
        same && skipped.length === 0
            ? `${before} and ${after} make the same objects: ${unchanged + quiet.length}`
            : `${before} -> ${after}: ${added} added, ${changed} changed, ${removed} removed, ${kept > 0 ? `${kept} left, ` : ""}${unchanged} the same`,
        ...(quiet.length > 0
            ? [
                  `  only versions in labels, checksums and the layout of JSON differ (pods may restart): ${quiet.join(", ")}`,
              ]
            : []),
        ...versions("charts", charts),
        ...versions("images", images),
        ...requestLines(requests.before, requests.after),
        ...skipped.map(({ what, reason }) => `  not compared: ${what}, because ${reason}`),
    ];
}

function versions(what: string, changes: VersionChange[]): string[] {
    const list = (of: string[]) => of.join(", ") || "none";
    return changes.length === 0
        ? []
        : [`  ${what}:`, ...changes.map(({ name, before, after }) => `    ${name}  ${list(before)} -> ${list(after)}`)];
}

function requestLines(before: Requests, after: Requests): string[] {
    const [was, is] = [asked(before), asked(after)];
    return was === is ? [] : [`  requests of servers: ${was} -> ${is}`];
}

function componentLines({ name, system, objects }: ComponentDiff, options: TextOptions): string[] {
    return [
        pc.bold(system && system !== name ? `${name} (${system})` : name),
        ...objects.flatMap((each) => objectLines(each, options)),
    ];
}

function objectLines(diff: ObjectDiff, { full = false }: TextOptions): string[] {
    const { operation, formerName, lines, risks } = diff;
    const whole = operation === "added" || operation === "removed" || operation === "kept";
    return [
        `  ${marks[operation](nameOf({ ...diff, namespace: undefined }))}${formerName ? `, was ${formerName}` : ""}`,
        ...risks.map(({ level, text }) => `      ${level === "danger" ? pc.red(`! ${text}`) : pc.yellow(`! ${text}`)}`),
        ...(whole && !full ? [] : lines.map((line) => `      ${coloured(line)}`)),
    ];
}

function coloured(line: string): string {
    if (line.startsWith("+")) return pc.green(line);
    if (line.startsWith("-")) return pc.red(line);
    return line.startsWith("@@") ? pc.dim(line) : line;
}
