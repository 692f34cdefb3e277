import { Alias, Document, isAlias, isMap, isScalar, isSeq, Node, parseAllDocuments, Scalar, YAMLMap } from "yaml";

import type { Problem } from "../errors";
import { keyPath } from "../key-path";
import { isObject } from "../merge";
import { resolveScalar } from "./yaml-scalar";

/** A text that is no YAML, or none that Pulumi reads. It never has a line of the text in it, which may be a secret. */
export class NotYaml extends Error {}

/** A stack file's content as Pulumi has it, and what in it can't be written so. */
export interface StackYaml {
    content: unknown;
    problems: Problem[];
}

/** More values than that are made by references to references. */
const most = 200_000;

/**
 * A stack file's text, read as the Pulumi CLI reads it: references and `<<` are filled in, and scalars are what they are to Go's yaml.v3.
 *
 * @param project Prefix of its own keys, which problems are told without.
 * @throws NotYaml for what can't be read at all
 */
export function readYaml(text: string, project: string): StackYaml {
    // Only texts: types are ours. A key that is there twice is found below, in a moment for any number of keys.
    const documents = parseAllDocuments(text.replace(/^\ufeff/, ""), {
        schema: "failsafe",
        resolveKnownTags: false,
        uniqueKeys: false,
        logLevel: "silent",
    });
    const all: Document[] = Array.isArray(documents) ? documents : [];
    const error = all.flatMap(({ errors }) => errors)[0];
    if (error) throw new NotYaml(error.message.split("\n")[0].replace(/:$/, ""));
    if (all.length > 1) {
        throw new NotYaml(
            "it has more than one document, of which Pulumi reads the first alone; take out the line `---` between them",
        );
    }
    const [document] = all;
    if (!document) return { content: null, problems: [] };
    if (document.directives?.yaml.explicit && document.directives.yaml.version !== "1.1") {
        throw new NotYaml(
            `Pulumi doesn't read a file that begins with %YAML ${document.directives.yaml.version}; take that line out`,
        );
    }
    return new Reader(text, project).read(document.contents);
}

/** A value, and the number of values in it. */
interface Read {
    value: unknown;
    size: number;
}

class Reader {
    private readonly problems: Problem[] = [];
    private readonly anchors = new Map<string, Node>();
    private readonly done = new Map<Node, Read>();

    constructor(
        private readonly text: string,
        private readonly project: string,
    ) {}

    read(node: unknown): StackYaml {
        return { content: this.value(node as Node | null, []).value, problems: this.problems };
    }

    private value(node: Node | null, path: PropertyKey[]): Read {
        if (node === null) return { value: null, size: 1 };
        if (isAlias(node)) return this.reference(node, path);
        const anchor = (node as Scalar | YAMLMap).anchor;
        if (anchor) this.anchors.set(anchor, node);
        const read = this.own(node, path);
        if (read.size > most)
            throw new NotYaml(
                `it comes to more than ${most} values, by references (*name) to references; write out what is meant`,
            );
        this.done.set(node, read);
        return read;
    }

    private own(node: Node, path: PropertyKey[]): Read {
        const tag = node.tag;
        if (isScalar(node)) {
            const found = resolveScalar(String(node.value), tag, node.type === "PLAIN");
            if ("value" in found) return { value: found.value, size: 1 };
            this.tell(path, found.problem);
            return { value: String(node.value), size: 1 };
        }
        if (tag !== undefined && !/^tag:yaml\.org,2002:(map|seq)$/.test(tag)) {
            this.tell(path, "has a tag, which Pulumi leaves out; write it without");
        }
        if (isSeq(node)) {
            const items = node.items.map((item, index) => this.value(item as Node | null, [...path, index]));
            return { value: items.map(({ value }) => value), size: sum(items) };
        }
        return isMap(node) ? this.group(node, path) : { value: null, size: 1 };
    }

    private group(node: YAMLMap, path: PropertyKey[]): Read {
        const own = new Map<string, Read>();
        const merged: Read[] = [];
        for (const { key: keyNode, value } of node.items as { key: Node | null; value: Node | null }[]) {
            if (isScalar(keyNode) && keyNode.value === "<<") {
                merged.push(...this.merged(value, path));
                continue;
            }
            const key = this.key(keyNode, path);
            if (key === undefined) continue;
            if (own.has(key)) {
                throw new NotYaml(
                    `${this.at([...path, key])} is there twice${this.line(keyNode)}; take one of both out`,
                );
            }
            own.set(key, this.value(value, [...path, key]));
        }
        const values = new Map([...own].map(([key, { value }]) => [key, value]));
        for (const { value } of merged) {
            for (const [key, each] of Object.entries(value as object)) if (!values.has(key)) values.set(key, each);
        }
        return { value: Object.fromEntries(values), size: sum([...own.values(), ...merged]) };
    }

    /** The groups that `<<` names: what the group says itself, and an earlier one, comes first. */
    private merged(node: Node | null, path: PropertyKey[]): Read[] {
        const at = [...path, "<<"];
        const groups = isSeq(node)
            ? node.items.map((item) => this.value(item as Node | null, at))
            : [this.value(node, at)];
        if (groups.every(({ value }) => isObject(value))) return groups;
        throw new NotYaml(`${this.at(at)} must name a group of keys, or a list of such${this.line(node)}`);
    }

    private key(node: Node | null, path: PropertyKey[]): string | undefined {
        const scalar = isAlias(node) ? this.target(node, path) : node;
        if (scalar !== null && !isScalar(scalar)) {
            throw new NotYaml(`a key below ${this.at(path)} is no text${this.line(node)}`);
        }
        const { value } = scalar === null ? { value: null } : this.value(scalar, [...path, String(scalar.value)]);
        if (typeof value === "string" || typeof value === "boolean" || Number.isSafeInteger(value))
            return String(value);
        this.tell(path, `has a key that is no text${this.line(node)}; write it in quotes`);
        return undefined;
    }

    private reference(node: Alias, path: PropertyKey[]): Read {
        const target = this.target(node, path);
        const read = this.done.get(target);
        if (read) return read;
        throw new NotYaml(
            `${this.at(path)} refers to itself by *${node.source}${this.line(node)}; write out what is meant`,
        );
    }

    private target(node: Alias, path: PropertyKey[]): Node {
        const target = this.anchors.get(node.source);
        if (target) return target;
        throw new NotYaml(
            `${this.at(path)} refers to *${node.source}${this.line(node)}, and there is no &${node.source} before it`,
        );
    }

    private tell(path: PropertyKey[], message: string): void {
        this.problems.push({ key: this.at(path), message });
    }

    /** Key path as all problems of the config have it: without `config` and the project's prefix. */
    private at(path: PropertyKey[]): string {
        const [root, key, ...rest] = path;
        if (root === undefined) return "the file";
        if (root !== "config" || key === undefined) return keyPath(path);
        const own = `${this.project}:`;
        return keyPath([String(key).startsWith(own) ? String(key).slice(own.length) : key, ...rest]);
    }

    private line(node: Node | null): string {
        const start = node?.range?.[0];
        return start === undefined ? "" : ` (line ${this.text.slice(0, start).split("\n").length})`;
    }
}

function sum(all: Read[]): number {
    return all.reduce((total, { size }) => total + size, 1);
}
