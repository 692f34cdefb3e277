import { diffLines } from "diff";
import pc from "picocolors";

import { masked } from "../../kubernetes/mask";
import { Change, count, shortType } from "./change";
import { Counts } from "../engine";
import { FieldChange, ObjectChange, Operation } from "../../kubernetes/diff";

const marks: Record<Operation, string> = { create: "+", update: "~", replace: "±", delete: "-", same: " ", keep: "=" };
const colours: Record<Operation, (text: string) => string> = {
    create: pc.green,
    update: pc.yellow,
    replace: pc.magenta,
    delete: pc.red,
    same: pc.dim,
    keep: pc.cyan,
};
const participles: Record<Operation, string> = {
    create: "to create",
    update: "to update",
    replace: "to replace",
    delete: "to delete",
    same: "unchanged",
    keep: "to keep",
};

/** A component, as far as the tree needs it. */
export interface Group {
    urn: string;
    type: string;
    name: string;
    parent?: string;
}

export interface TreeOptions {
    /** Show what stays the same too. @default false */
    all?: boolean;
    /** Longest value shown. @default 100 */
    width?: number;
}

/** Formats an update, done or to come, as a tree by component. */
export function renderTree(changes: Change[], groups: Group[], { all = false, width = 100 }: TreeOptions = {}): string {
    const nodes = new Map<string, Change | Group>([...groups, ...changes].map((node) => [node.urn, node]));
    const children = new Map<string, string[]>();
    for (const { urn, parent } of nodes.values()) {
        const key = parent !== undefined && nodes.has(parent) ? parent : "";
        children.set(key, [...(children.get(key) ?? []), urn]);
    }
    const lines = (urn: string, depth: number): string[] => {
        const node = nodes.get(urn);
        const below = (children.get(urn) ?? []).flatMap((child) => lines(child, depth + 1));
        if (!node) return below;
        const indent = "  ".repeat(depth);
        if (!("operation" in node))
            return below.length > 0 ? [`${indent}  ${pc.bold(node.name)} ${pc.dim(node.type)}`, ...below] : [];
        if (node.operation === "same" && !all && node.notes.length === 0) return below;
        return [...changeLines(node, indent, width), ...below];
    };
    return (children.get("") ?? []).flatMap((urn) => lines(urn, 0)).join("\n");
}

function changeLines(change: Change, indent: string, width: number): string[] {
    const { operation, type, name, fields, objects, notes } = change;
    return [
        `${indent}${head(operation, `${shortType(type)} ${name}`)}`,
        ...notes.map((note) => `${indent}    ${pc.cyan("i")} ${note}`),
        ...fieldLines(fields, `${indent}    `, width),
        ...objects
            .filter((object) => object.operation !== "same")
            .flatMap((object) => objectLines(object, indent, width)),
    ];
}

function objectLines({ operation, object, fields }: ObjectChange, indent: string, width: number): string[] {
    return [`${indent}    ${head(operation, object)}`, ...fieldLines(fields, `${indent}        `, width)];
}

function head(operation: Operation, text: string): string {
    return `${colours[operation](marks[operation])} ${operation === "same" ? pc.dim(text) : text}`;
}

function fieldLines(fields: FieldChange[], indent: string, width: number): string[] {
    return fields.flatMap((field) => {
        if (isLongText(field.before) && isLongText(field.after)) {
            return [
                `${indent}${pc.yellow("~")} ${field.path}:`,
                ...textLines(field.before, field.after, `${indent}    `),
            ];
        }
        if (field.before === masked && field.after === masked) {
            return [`${indent}${pc.yellow("~")} ${field.path}: another ${masked}`];
        }
        const [before, after] = [field.before, field.after].map((value) => show(value, width));
        if (!("before" in field)) return [`${indent}${pc.green("+")} ${field.path}: ${after}`];
        if (!("after" in field)) return [`${indent}${pc.red("-")} ${field.path}: ${before}`];
        return [`${indent}${pc.yellow("~")} ${field.path}: ${before} => ${after}`];
    });
}

/** The lines of a file in a ConfigMap that differ, without those around them. */
function textLines(before: string, after: string, indent: string): string[] {
    return diffLines(before, after).flatMap(({ added, removed, value }) => {
        if (!added && !removed) return [];
        const mark = added ? pc.green("+") : pc.red("-");
        return value
            .replace(/\n$/, "")
            .split("\n")
            .map((line) => `${indent}${mark} ${line}`);
    });
}

function isLongText(value: unknown): value is string {
    return typeof value === "string" && value.includes("\n");
}

function show(value: unknown, width: number): string {
    const text = JSON.stringify(value) ?? "";
    return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

/** One line: what changes and what doesn't. */
export function renderCounts(changes: Pick<Change, "operation">[]): string {
    return phrase(count(changes), (operation) => participles[operation]);
}

function phrase(counts: Counts, words: (operation: Operation) => string): string {
    const parts = (Object.keys(counts) as Operation[])
        .filter((operation) => counts[operation] > 0)
        .map((operation) => `${counts[operation]} ${words(operation)}`);
    return parts.join(", ") || "nothing declared";
}

const done: Record<Operation, string> = {
    create: "created",
    update: "updated",
    replace: "replaced",
    delete: "deleted",
    same: "unchanged",
    keep: "kept",
};

/** One line: what has been done. */
export function renderDone(changes: Pick<Change, "operation">[]): string {
    return phrase(count(changes), (operation) => done[operation]);
}

/** One line for a change that has just been made. */
export function renderChange({ operation, type, name }: Pick<Change, "operation" | "type" | "name">): string {
    return `${head(operation, `${shortType(type)} ${name}`)} ${pc.dim(done[operation])}`;
}
