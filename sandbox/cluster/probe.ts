import { readFile } from "node:fs/promises";
import { request as plain } from "node:http";
import { request as secure } from "node:https";

import { type KeyPair } from "./pki";

/** What a TLS server is asked with. */
export interface TlsFiles extends KeyPair {
    /** The certificate of the authority that the server's must come from. */
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

/** Asks until the answer is good. Returns the last complaint when the time is over, nothing when all is well. */
export async function until(
    check: () => Promise<string | undefined>,
    seconds: number,
    interval = 150,
): Promise<string | undefined> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
        const complaint = await check().catch((error: unknown) =>
            error instanceof Error ? error.message || String(error) : String(error),
        );
        if (complaint === undefined) return undefined;
        if (Date.now() >= end) return complaint;
        await new Promise((resolve) => setTimeout(resolve, interval));
    }
}
