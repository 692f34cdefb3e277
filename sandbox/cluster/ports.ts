import { createServer } from "node:net";

import { UserError } from "../../lib/errors";
import { run } from "../../lib/exec";

export interface Endpoint {
    address: string;
    port: number;
}

/** Refuses to start a program whose port somebody else has, and says who. */
export async function requireFreePorts(program: string, endpoints: Endpoint[], fix?: string): Promise<void> {
    for (const { address, port } of endpoints) {
        const code = await patiently(() => tryToListen(address, port));
        if (code === undefined) continue;
        if (code === "EADDRINUSE") {
            const holder = await portHolder(port);
            throw new UserError(`port ${port}, which ${program} needs, is in use${holder ? ` by ${holder}` : ""}`, {
                where: `${address}:${port}`,
                fix: fix ?? "stop that program, then run the same command again",
            });
        }
        throw new UserError(`${program} cannot listen on ${address}:${port}: ${code}`, { fix });
    }
}

/** Asks again for some seconds: the sockets of a program that has just ended outlive it by a moment. */
async function patiently(ask: () => Promise<string | undefined>): Promise<string | undefined> {
    for (let attempt = 0; ; attempt++) {
        const code = await ask();
        if (code !== "EADDRINUSE" || attempt === 50) return code;
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
}

/** Listens for a moment. Returns the error's code if that was not possible. */
async function tryToListen(address: string, port: number): Promise<string | undefined> {
    const server = createServer();
    return new Promise((resolve) => {
        server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
        server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(undefined)));
    });
}

/** The program that listens on a port, e.g. `etcd (pid 812)`; unknown when it is another user's. */
async function portHolder(port: number): Promise<string | undefined> {
    const answer = await run("ss", ["-Hltnp", `sport = :${port}`]).catch(() => undefined);
    const found = /users:\(\("([^"]+)",pid=(\d+)/.exec(answer?.stdout ?? "");
    return found ? `${found[1]} (pid ${found[2]})` : undefined;
}

/** Ports of the loopback address that are free at this moment, for a control plane beside another. */
export async function freePorts(count: number): Promise<number[]> {
    const servers = await Promise.all(
        Array.from({ length: count }, () => {
            const server = createServer();
            return new Promise<typeof server>((resolve, reject) => {
                server.once("error", reject);
                server.listen({ host: "127.0.0.1", port: 0 }, () => resolve(server));
            });
        }),
    );
    const found = servers.map((server) => {
        const address = server.address();
        return typeof address === "object" && address ? address.port : 0;
    });
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    return found;
}
