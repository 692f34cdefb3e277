import { parseAllDocuments } from "yaml";

import type { Manifest } from "../../kubernetes/objects";
import { KeptFiles, sha256 } from "../../lib/kept-files";
import { applied, digestOf, isDefinition } from "./definition";

/** Digests of CRDs, by name. */
export type Digests = Record<string, string>;

/** The CRDs of one document. To have their digests costs no parsing, where anybody on this machine has parsed it before. */
export interface ParsedDocument {
    digests: Digests;
    /** The CRDs themselves, as they are applied. */
    definitions(): Promise<Manifest[]>;
}

/** Raise when what is made of the same document changes. */
const format = 2;

const kept = new KeptFiles("definitions");

const known = new Map<string, Promise<ParsedDocument>>();

/**
 * The CRDs of a document, YAML or JSON, by its content: what was parsed once is kept, because the YAML of the larger ones takes
 * seconds.
 *
 * @throws Error that says what else is in it
 */
export function parsedDocument(text: string): Promise<ParsedDocument> {
    const content = `${format} ${sha256(text)}`;
    let found = known.get(content);
    if (!found) {
        found = fromCache(content, text).catch((error: unknown) => {
            known.delete(content);
            throw error;
        });
        known.set(content, found);
    }
    return found;
}

async function fromCache(content: string, text: string): Promise<ParsedDocument> {
    const whole = `${content} whole`;
    const definitions = async () => {
        const stored = await kept.read(whole);
        return stored === undefined ? definitionsIn(text) : (JSON.parse(stored) as Manifest[]);
    };
    const digests = await kept.read(content);
    if (digests !== undefined) return { digests: JSON.parse(digests) as Digests, definitions };
    const all = definitionsIn(text);
    const made = Object.fromEntries(all.map((each) => [each.metadata.name, digestOf(each)]));
    // Whoever can't keep them parses them again.
    await kept
        .keep(whole, JSON.stringify(all))
        .then(() => kept.keep(content, JSON.stringify(made)))
        .catch(() => undefined);
    return { digests: made, definitions };
}

/** The CRDs in a document, as they are applied. @throws Error when there is anything else in it */
export function definitionsIn(text: string): Manifest[] {
    const objects = text.startsWith("{")
        ? [JSON.parse(text) as unknown]
        : parseAllDocuments(text).map((document) => document.toJS() as unknown);
    return objects
        .filter((object) => object !== null)
        .map((object) => {
            if (isDefinition(object)) return applied(object);
            const { kind } = object as { kind?: unknown };
            throw new Error(`holds something else than custom resource definitions: ${String(kind)}`);
        });
}
