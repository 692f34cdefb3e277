import {
    floatYaml11Tag,
    intYaml11Tag,
    loadAll,
    NOT_RESOLVED,
    type ScalarTagDefinition,
    Schema,
    YAML11_SCHEMA,
} from "js-yaml";
import { parseAllDocuments, type Tags } from "yaml";

/** Digits with a point or an exponent, as Go reads them: `1e3` and `08`, which YAML 1.1 has no form for, are numbers. */
const decimal = /^[-+]?(\.\d+|\d+(\.\d*)?)(e[-+]?\d+)?$/i;

/** A number, but for the base of 60: `1:30` is a text. */
const float: ScalarTagDefinition<number> = {
    ...floatYaml11Tag,
    resolve: (source, isExplicit, name) => {
        if (source.includes(":")) return NOT_RESOLVED;
        const value = floatYaml11Tag.resolve(source, isExplicit, name);
        if (value !== NOT_RESOLVED) return value;
        return decimal.test(source) && Number.isFinite(Number(source)) ? Number(source) : NOT_RESOLVED;
    },
};
const int: ScalarTagDefinition<number> = {
    ...intYaml11Tag,
    resolve: (source, isExplicit, name) =>
        source.includes(":") ? NOT_RESOLVED : intYaml11Tag.resolve(source, isExplicit, name),
};

const changed = new Map([float, int].map((tag) => [tag.tagName, tag]));
const schema = new Schema(
    YAML11_SCHEMA.tags
        .filter(({ tagName }) => tagName !== "tag:yaml.org,2002:timestamp")
        .map((tag) => changed.get(tag.tagName) ?? tag),
);

/**
 * The documents of a YAML stream. Helm and the API server read YAML as of 1.1 (`0400` is octal, `on` is true), but for its dates and
 * its numbers to the base of 60.
 */
export function documentsOf(text: string): unknown[] {
    try {
        return loadAll(text, null, { schema });
    } catch {
        // The slower reader forgives what charts get wrong and Helm lets pass, such as a key that is there twice.
        return forgiving(text);
    }
}

/** The same by a reader that takes whatever has some meaning. */
export function forgiving(text: string): unknown[] {
    const customTags = (tags: Tags) => tags.filter(isRead);
    return parseAllDocuments(text, { version: "1.1", customTags }).map((document) => document.toJS() as unknown);
}

function isRead(tag: Tags[number]): boolean {
    if (typeof tag === "string") return true;
    return tag.tag !== "tag:yaml.org,2002:timestamp" && (tag as { format?: string }).format !== "TIME";
}
