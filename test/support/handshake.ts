import { X509Certificate } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";

/** The fingerprint of the certificate that a port answers with, verified against an authority and a name. */
export async function served(port: number, ca: string, servername = "localhost"): Promise<string> {
    return new Promise((resolve, reject) => {
        const socket = connect({ host: "127.0.0.1", port, ca, servername }, () => {
            resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? "");
            socket.destroy();
        });
        socket.once("error", reject);
        socket.setTimeout(10_000, () => socket.destroy(new Error(`port ${port} is silent`)));
    });
}

export const fingerprint = (certificate: string): string => new X509Certificate(certificate).fingerprint256;

/** Tells whether a process that was started before is still there. */
export function runs(pid?: number): boolean {
    try {
        return pid !== undefined && process.kill(pid, 0);
    } catch {
        return false;
    }
}

/** Asks again until it is so; gives the seconds that it took. */
export async function until(what: string, seconds: number, condition: () => Promise<boolean>): Promise<number> {
    const began = Date.now();
    const elapsed = () => (Date.now() - began) / 1000;
    while (!(await condition().catch(() => false))) {
        if (elapsed() > seconds) throw new Error(`${what}: not within ${seconds} s`);
        await sleep(500);
    }
    return elapsed();
}
