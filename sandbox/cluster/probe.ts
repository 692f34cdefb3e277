import { readFile } from "node:fs/promises";
import { request as plain } from "node:http";
import { request as secure } from "node:https";

import { Standstill } from "../../lib/standstill";
import { endIfStopped } from "../../lib/stopping";
import { type KeyPair } from "./pki";

/** Key pair and CA of a client of a TLS server. */
export interface TlsFiles extends KeyPair {
    /** The certificate of the CA that the server's must come from. */
    ca: string;
}

/** One GET of a local server, for health checks and small questions. Rejects when nobody answers within the time. */
export async function get(url: string, tls?: TlsFiles, timeout = 3_000): Promise<{ status: number; body: string }> {
    const files = tls && (await Promise.all([tls.ca, tls.cert, tls.key].map((path) => readFile(path))));
    const options = { timeout, agent: false, ...(files ? { ca: files[0], cert: files[1], key: files[2] } : {}) };
    return new Promise((resolve, reject) => {
        const request = (url.startsWith("https:") ? secure : plain)(url, options, (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            response.on("error", reject);
            response.on("end", () =>
                resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
            );
        });
        request.on("timeout", () => request.destroy(new Error(`no answer within ${timeout} ms`)));
        request.on("error", reject);
        request.end();
    });
}

/** A health check that is content with status 200; otherwise says what it got. */
export function answers(url: string, tls?: TlsFiles): () => Promise<string | undefined> {
    return async () => {
        const { status, body } = await get(url, tls);
        return status === 200 ? undefined : `${url} answers ${status}: ${body.trim().split("\n").slice(-3).join("; ")}`;
    };
}

/** Limits of waiting for a good answer. */
export interface StallLimits {
    /** The processes that are to bring it about. */
    pids: readonly number[];
    /** Seconds for which they may stand still, with the same complaint. */
    still: number;
    /** One part in so many of a core shows that they move: the more, the less they do when they have nothing to do. */
    share: number;
}

/** Milliseconds between two looks at processes. */
const lookInterval = 1_000;

/**
 * Asks until the answer is good. Returns the last complaint when those who are to bring it about stand still, nothing when all is
 * well. However slow they are, and however busy the machine is, they have the time that they need.
 *
 * @throws Stopped when the work that this is part of was stopped
 */
export async function until(
    check: () => Promise<string | undefined>,
    { pids, still, share }: StallLimits,
    interval = 150,
): Promise<string | undefined> {
    const watch = new Standstill(pids, still, share);
    const complaints = new Set<string>();
    let looked = 0;
    for (;;) {
        const complaint = await check().catch((error: unknown) =>
            error instanceof Error ? error.message || String(error) : String(error),
        );
        if (complaint === undefined) return undefined;
        // Another complaint is progress, one of before isn't; nor is the same one with other numbers.
        const kind = complaint.replace(/\d+/g, "0");
        if (!complaints.has(kind)) watch.moved();
        complaints.add(kind);
        if (Date.now() - looked >= Math.min(lookInterval, still * 100)) {
            looked = Date.now();
            if (await watch.look()) return complaint;
        }
        endIfStopped();
        await new Promise((resolve) => setTimeout(resolve, interval));
    }
}
