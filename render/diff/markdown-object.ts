import { structuredPatch } from "diff";
import { stringify } from "yaml";

import { SharedChange } from "./dedupe";
import { bytes, clipped, code, codes, fenced, fitting, visible } from "./markdown-text";
import type { FieldChange } from "../../kubernetes/diff";
import { ObjectDiff, Operation } from "./model";
import { Environment, rankOf } from "./report";

/** A part of a comment that is shown whole, or cut, or not at all. */
export interface Piece {
    environment: string;
    component: string;
    system?: string;
    /** Number of objects that it tells of. */
    count: number;
    /** 2: data or the service may be lost. 1: worth a second look. 0: neither. */
    rank: number;
    /** A line of Markdown. */
    heading: string;
    /** Lines of the block below it. */
    lines: string[];
}

const words: Record<Operation, string> = {
    added: "added",
    removed: "removed",
    changed: "changed",
    renamed: "changed",
    kept: "no longer made, stays in the cluster",
};

/** A change of one object. */
export function pieceOf({ environment, others, component, system, diff }: SharedChange): Piece {
    const { kind, name, operation, formerName } = diff;
    const was = formerName ? ` (was ${code(formerName)})` : "";
    const same = others.length > 0 ? ` · the same in ${codes(others)}` : "";
    const definition = kind === "CustomResourceDefinition";
    return {
        ...{ environment, component, ...(system ? { system } : {}), count: 1, rank: rankOf(diff) },
        heading: `**${words[operation]}** ${code(`${kind} ${name}`)}${was}${same}${definition ? " (a definition; too long for here)" : ""}`,
        lines: definition ? [] : diff.fields.flatMap((field) => fieldLines(field, diff)),
    };
}

/** An environment that comes or goes whole: the names of its objects, a piece for each component. */
export function piecesOfWhole({ stack, state, diff }: Environment): Piece[] {
    const mark = state === "new" ? "+" : "-";
    return (diff?.components ?? []).map(({ name, system, objects }) => ({
        ...{ environment: stack, component: name, ...(system ? { system } : {}), count: objects.length, rank: 0 },
        heading: "",
        lines: objects.map((object) => line(mark, `${object.kind} ${object.name}`)),
    }));
}

/** Bytes of one line; what is longer is a value that nobody reads. */
const longestLine = 1_000;

function line(mark: string, text: string): string {
    const clean = visible(text).replaceAll("\n", " ");
    return clipped(text === "" ? mark : `${mark} ${clean}`, longestLine);
}

/** Lines of context around a change within a longer value. */
const context = 3;

function fieldLines({ path, ...values }: FieldChange, { operation }: ObjectDiff): string[] {
    const header = path === "" ? [] : [line("@@", `${path} @@`)];
    const [gone, come] = ["before" in values, "after" in values];
    const all = (mark: string, value: unknown) => [...header, ...textOf(value).map((text) => line(mark, text))];
    // A kept object stays: nothing of it is gone.
    if (!come) return all(operation === "kept" ? " " : "-", values.before);
    if (!gone) return all("+", values.after);
    const [before, after] = [textOf(values.before), textOf(values.after)];
    if (before.length === 1 && after.length === 1 && before[0] !== after[0]) {
        return [...header, line("-", before[0]), line("+", after[0])];
    }
    const { hunks } = structuredPatch("", "", joined(before), joined(after), "", "", { context });
    if (hunks.length === 0) return [...all("-", values.before), ...all("+", values.after).slice(header.length)];
    return hunks.flatMap(({ newStart, lines }) => [
        line("@@", `${path}${path ? ", " : ""}line ${newStart} @@`),
        ...lines.filter((each) => !each.startsWith("\\")).map((each) => line(each.slice(0, 1), each.slice(1))),
    ]);
}

/** A text of several lines as it is, all else as it stands in a manifest: `"5"` is not `5`. */
function textOf(value: unknown): string[] {
    const text = typeof value === "string" && value.includes("\n") ? value : stringify(value, { lineWidth: 0 });
    return visible(text).replace(/\n$/, "").split("\n");
}

function joined(lines: string[]): string {
    return `${lines.join("\n")}\n`;
}

/** A piece as Markdown. */
export function shown({ heading, lines }: Piece): string {
    return [...(heading ? [heading] : []), ...(lines.length > 0 ? [fenced(lines, "diff")] : [])].join("\n");
}

/** As much of a piece as fits into so many bytes, its block closed; nothing when not even a few lines do. */
export function shownCut(piece: Piece, most: number): string | undefined {
    const run = Math.max(0, ...(piece.lines.join("\n").match(/`+/g) ?? []).map(({ length }) => length));
    const around = bytes(piece.heading) + 2 * Math.max(3, run + 1) + bytes("\ndiff\n\n");
    const lines = fitting(piece.lines, most - around, (left) => `  … ${left} more lines`);
    return lines.length < 4 ? undefined : shown({ ...piece, lines });
}
