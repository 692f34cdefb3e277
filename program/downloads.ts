import { AsyncLocalStorage } from "node:async_hooks";

import { KeptFiles } from "../lib/kept-files";
import { type Note } from "../lib/progress";

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

/** The downloader in whose stead the network isn't asked, if there is one. */
export function downloaderInForce(): Downloader | undefined {
    return inForce.getStore();
}

/** Reaches nothing: every document is empty. */
export const nothing: Downloader = () => Promise.resolve(new Response(""));

/** Downloaded documents, by address. */
const kept = new KeptFiles("downloads");

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
        const known = stable ? await kept.read(address) : undefined;
        if (known !== undefined) return new Response(known);
        note(`fetching ${address}`);
        try {
            const answer = await inForce.exit(() => fetch(address, { signal: AbortSignal.timeout(timeoutMs) }));
            if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`.trim());
            const text = await answer.text();
            // Whoever can't keep it fetches it again.
            if (stable) await kept.keep(address, text).catch(() => undefined);
            return new Response(text);
        } catch (error) {
            missing(address, reasonOf(error as Error));
            return nothing(address);
        }
    };
}

/** Of a failed download Node says only "fetch failed"; what happened is behind it. */
function reasonOf({ cause, message }: Error): string {
    return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : message;
}
