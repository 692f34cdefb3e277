// Faults of a stack file as a file. The meaning of its YAML is for stack-config.ts.
import { isUtf8 } from "node:buffer";
import { readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { basename, dirname } from "node:path";

import {
    type Document,
    isAlias,
    isCollection,
    isMap,
    isNode,
    isPair,
    isScalar,
    LineCounter,
    type Node,
    parseAllDocuments,
    type Scalar,
    type YAMLMap,
} from "yaml";

import { UsageError, whyRefused } from "../lib/errors";

/** Largest stack file in bytes. The project's own have 2 KiB; one with a company's CA certificates may have a hundred. */
const largest = 256 * 1024;

/** Most values that a stack file may stand for, once each alias is what it refers to. */
const mostValues = 50_000;

/** Levels that values may stand within each other; the config itself has nine. */
const deepest = 100;

/** Most problems that are told at once. */
const told = 10;

/**
 * The text of a stack file, as far as it is a file with one YAML document.
 *
 * @throws UsageError that says in one message what is wrong with it. No line of it is quoted: it may be a secret.
 */
export function stackText(file: string): string {
    const text = textOf(file);
    const lines = new LineCounter();
    // Equal keys are looked for below: the library compares each key with each.
    const [document, second] = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
    if (!("contents" in (document ?? {}))) return text;
    const at = (offset: number) => lines.linePos(offset);
    const problems = [...document.errors.map(({ message, pos }) => ({ pos: pos[0], message: plain(message) }))];
    if (second) problems.push({ pos: second.range[0], message: "a second document begins, and a stack file has one" });
    if (problems.length === 0) problems.push(...problemsOf(document));
    if (problems.length === 0) return text;
    problems.sort((one, other) => one.pos - other.pos);
    throw refused(file, "can't be read as YAML", {
        evidence: [
            ...problems
                .slice(0, told)
                .map(({ pos, message }) => `line ${at(pos).line}, column ${at(pos).col}: ${message}`),
            ...(problems.length > told ? [`and ${problems.length - told} more`] : []),
        ],
        fix: "correct what stands there; an editor shows it by the file's schema, config/stack-file.schema.json",
    });
}

const tooDeep = `more than ${deepest} values stand within each other`;

interface Problem {
    /** Offset in the text. */
    pos: number;
    message: string;
}

/** Text of a file that is one, of a bearable size. */
function textOf(file: string): string {
    let bytes: Buffer;
    try {
        const found = statSync(file);
        if (!found.isFile()) throw refused(file, `is ${kindOf(found)}, not a file`);
        if (found.size > largest) {
            throw refused(file, `is too large for a stack file: ${Math.ceil(found.size / 1024)} KiB`, {
                allowed: `at most ${largest / 1024} KiB`,
                fix: "take out what isn't config; long texts belong into files or Secrets of their own",
            });
        }
        bytes = readFileSync(file);
    } catch (error) {
        if (error instanceof UsageError) throw error;
        if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) throw missing(file);
        throw refused(file, `can't be read: ${whyRefused(error) ?? (error as Error).message}`, {
            fix: `see who may read it: ls -l ${file}`,
        });
    }
    const encoding =
        (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
            ? "is UTF-16"
            : !isUtf8(bytes) || bytes.includes(0)
              ? "is no text in UTF-8"
              : undefined;
    if (encoding) throw refused(file, encoding, { allowed: "YAML in UTF-8", fix: "save it as UTF-8" });
    return bytes.toString("utf8").replace(/^\uFEFF/, "");
}

function kindOf(found: Stats): string {
    return found.isDirectory() ? "a directory" : found.isSocket() ? "a socket" : found.isFIFO() ? "a pipe" : "a device";
}

function missing(file: string): UsageError {
    let names: string[] = [];
    try {
        names = readdirSync(dirname(file)).flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
    } catch {
        // Its directory isn't there either.
    }
    return new UsageError(`there is no stack file ${basename(file)}`, {
        where: file,
        allowed: names.join(", ") || undefined,
        fix: "name a stack that has a file (see Pulumi.*.yaml), or copy the one that is nearest to yours",
    });
}

function refused(file: string, what: string, details: UsageError["details"] = {}): UsageError {
    return new UsageError(`${basename(file)} ${what}`, { where: file, ...details });
}

/** Message of the library without what it quotes of the file. */
function plain(message: string): string {
    if (/call stack/.test(message)) return tooDeep;
    return message.replace(/: ".*"$/s, "").replace(/^Map keys must be unique$/, "the key stands here a second time");
}

/** Keys that stand twice, aliases of nothing or of themselves, and more of them than can be meant. */
function problemsOf({ contents }: Document.Parsed): Problem[] {
    const problems: Problem[] = [];
    const problem = (node: Node, message: string) => problems.push({ pos: node.range?.[0] ?? 0, message });
    const anchors = new Map<string, Node>();
    /** Values that an anchored node stands for. */
    const sizes = new Map<Node, number>();
    const within = new Set<Node>();
    const sum = (parts: unknown[]) => parts.reduce((all: number, part) => all + sizeOf(part), 0);
    const sizeOf = (node: unknown): number => {
        if (isPair(node)) return sum([node.key, node.value]);
        if (isAlias(node)) {
            const target = anchors.get(node.source);
            if (!target) problem(node, `*${node.source} refers to nothing that stands before it`);
            else if (within.has(target)) problem(node, `*${node.source} refers to what it stands in, so it has no end`);
            return (target && sizes.get(target)) ?? 1;
        }
        if (!isNode(node)) return 1;
        if (!isScalar(node) && !isCollection(node)) return 1;
        if (node.anchor) anchors.set(node.anchor, node);
        if (within.size === deepest) {
            problem(node, tooDeep);
            return 1;
        }
        within.add(node);
        const size = 1 + (isCollection(node) ? sum(node.items) : 0);
        within.delete(node);
        sizes.set(node, size);
        if (isMap(node)) repeated(node).forEach((key) => problem(key, "the key stands here a second time"));
        return size;
    };
    if (sizeOf(contents) > mostValues && contents) {
        problem(contents, `with each alias (*name) in full it has more than ${mostValues.toLocaleString("en")} values`);
    }
    return problems;
}

function repeated({ items }: YAMLMap): Scalar[] {
    const seen = new Set<unknown>();
    const keys = items.map(({ key }) => key).filter(isScalar);
    return keys.filter(({ value }) => seen.size === seen.add(value).size);
}
