import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

import type { Manifest } from "../../kubernetes/objects";
import { repoRoot } from "../../lib/paths";
import { cached, type Downloader, downloaderInForce } from "../downloads";
import { type Digests, parsedDocument, type ParsedDocument } from "./parsed";

/** A source of CRDs that can't be used, in words that name it. */
export class SourceError extends Error {
    override readonly name = "SourceError";
}

/** The CRDs of several sources. */
export interface Definitions {
    digests: Digests;
    /** The CRDs themselves, as they are applied. */
    whole(): Promise<Manifest[]>;
}

/** Tells whether a source is downloaded, and no file of the project. */
export function isAddress(source: string): boolean {
    return /^https?:/.test(source);
}

/**
 * The CRDs that sources hold: files of the project (`./a/b.yaml`, `./a/*.json`) and `https://` addresses. An address with a
 * version in it is read once a machine, another one each time.
 *
 * @throws AggregateError of a SourceError for each that can't be used
 */
export async function definitionsOf(sources: string[]): Promise<Definitions> {
    const read = await Promise.allSettled(sources.map(documentsOf));
    const failed = read.flatMap((each) => (each.status === "rejected" ? [each.reason as unknown] : []));
    const unforeseen = failed.find((reason) => !(reason instanceof SourceError));
    if (unforeseen !== undefined) throw unforeseen;
    if (failed.length > 0) throw new AggregateError(failed, failed.map((each) => (each as Error).message).join("; "));
    const documents = read.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
    return {
        digests: Object.assign({}, ...documents.map(({ digests }) => digests)) as Digests,
        whole: async () => (await Promise.all(documents.map((each) => each.definitions()))).flat(),
    };
}

async function documentsOf(source: string): Promise<ParsedDocument[]> {
    const texts = isAddress(source)
        ? [await download(source)]
        : await Promise.all(filesOf(source).map((file) => readFile(file, "utf8")));
    return Promise.all(
        texts.map((text) =>
            parsedDocument(text).catch((error: unknown) => {
                throw new SourceError(`${source} ${(error as Error).message}`);
            }),
        ),
    );
}

/** Documents by the downloader that gives them: what can't be reached is asked for, and told, once. */
const given = new WeakMap<Downloader, Map<string, Promise<string>>>();

async function download(address: string): Promise<string> {
    const downloader = downloaderInForce();
    if (!downloader) return fetched(address);
    const known = given.get(downloader) ?? new Map<string, Promise<string>>();
    given.set(downloader, known);
    const text = known.get(address) ?? downloader(address).then((answer) => answer.text());
    known.set(address, text);
    return text;
}

async function fetched(address: string): Promise<string> {
    let missing: string | undefined;
    const answer = await cached((_, reason) => {
        missing = reason;
    })(address);
    if (missing !== undefined) throw new SourceError(`${address} can't be read: ${missing}`);
    return answer.text();
}

/** The files that a path of the project means; `*` stands for anything in the last part of it. */
function filesOf(source: string): string[] {
    const path = resolve(repoRoot, source);
    const folder = dirname(path);
    const wanted = new RegExp(`^${basename(path).split("*").map(escape).join(".*")}$`);
    const names = existsSync(folder) ? readdirSync(folder).filter((name) => wanted.test(name)) : [];
    if (names.length === 0) throw new SourceError(`${source}: there is no such file`);
    return names.sort().map((name) => join(folder, name));
}

function escape(text: string): string {
    return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
