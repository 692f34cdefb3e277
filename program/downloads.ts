import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";
import { readFile, utimes } from "node:fs/promises";
import { join } from "node:path";

import { writeAtomically } from "../lib/files";
import { cacheDir } from "../lib/paths";
import { type Note } from "../lib/progress";
import { pruneOld } from "../lib/cache";

/** Answers a program's download in the network's stead. */
export type Downloader = (address: string) => Promise<Response>;

const inForce = new AsyncLocalStorage<Downloader>();
let installed = false;

/**
 * Runs `work` with its downloads answered by `downloader`. Programs that are evaluated side by side each have their own; what
 * else runs in the process keeps the network.
 */
export function withDownloads<T>(downloader: Downloader, work: () => Promise<T>): Promise<T> {
    if (!installed) {
        const network = globalThis.fetch;
        globalThis.fetch = (input, init) => {
            const answer = inForce.getStore();
            return answer ? answer(input instanceof Request ? input.url : input.toString()) : network(input, init);
        };
        installed = true;
    }
    return inForce.run(downloader, work);
}

/** Reaches nothing: every document is empty. */
export const nothing: Downloader = () => Promise.resolve(new Response(""));

/** Directory of downloaded documents, kept between checkouts: a file each, its checksum in the first line. */
const kept = () => join(cacheDir(), "downloads");

/** Days after which a document that nobody asked for is thrown away. */
const keptFor = 60;

/** Milliseconds that one download may take. */
const timeoutMs = 60_000;

/**
 * The network, with what it gave kept by address: an address with a version in it means the same tomorrow. One without is
 * asked for anew each time.
 *
 * @param missing told of an address that can't be read, with the reason; the document is empty then
 */
export function cached(missing: (address: string, reason: string) => void, note: Note = () => undefined): Downloader {
    return async (address) => {
        const stable = /\d+\.\d+\.\d+/.test(new URL(address).pathname);
        const known = stable ? await read(address) : undefined;
        if (known !== undefined) return new Response(known);
        note(`fetching ${address}`);
        try {
            const answer = await inForce.exit(() => fetch(address, { signal: AbortSignal.timeout(timeoutMs) }));
            if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`.trim());
            const text = await answer.text();
            if (stable) await keep(address, text);
            return new Response(text);
        } catch (error) {
            missing(address, reasonOf(error as Error));
            return nothing(address);
        }
    };
}

async function read(address: string): Promise<string | undefined> {
    const file = join(kept(), hash(address));
    const text = await readFile(file, "utf8").catch(() => "");
    const [checksum, content] = [text.slice(0, 64), text.slice(65)];
    if (hash(content) !== checksum) return undefined;
    await utimes(file, new Date(), new Date()).catch(() => undefined);
    return content;
}

async function keep(address: string, text: string): Promise<void> {
    await writeAtomically(join(kept(), hash(address)), `${hash(text)}\n${text}`, { mode: 0o644 });
    await pruneOld(kept(), keptFor, () => false);
}

function hash(text: string): string {
    return createHash("sha256").update(text).digest("hex");
}

/** Of a failed download Node says only "fetch failed"; what happened is behind it. */
function reasonOf({ cause, message }: Error): string {
    return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : message;
}
