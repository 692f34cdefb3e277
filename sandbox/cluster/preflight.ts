import { totalmem } from "node:os";

import { UserError } from "../../lib/errors";
import { nodePackages, installPackages } from "../../tools/packages";
import { requireFreeSpace } from "../../lib/cache";
import { type Layout, ports } from "./layout";
import { requireOwnDirectory } from "./state-dir";

/** Refuses a machine that cannot be a node, and brings what is missing. */
export async function preflight(at: Layout): Promise<void> {
    requireRoot("a real Kubernetes node", "sudo -E make sandbox");
    requireMemory(totalmem());
    await requireOwnDirectory(at);
    await requireFreeSpace(at.dir, 4, "run the sandbox");
    await installPackages(nodePackages);
}

/** GiB that the whole platform takes at most, a Spark job included, and the node's own programs. */
const memory = 6;

/** Refuses a machine on which the kernel would end one program of the platform after the other. @param bytes all that it has */
export function requireMemory(bytes: number): void {
    const gibibytes = bytes / 2 ** 30;
    if (gibibytes >= memory) return;
    throw new UserError(`this machine has ${gibibytes.toFixed(1)} GiB of memory, too little for the whole platform`, {
        allowed: `at least ${memory} GiB`,
        fix: "take a larger machine, or use a cluster that you have: npx pulumi up -s dev",
    });
}

/** Only root may make network devices, mounts and control groups. */
export function requireRoot(purpose: string, fix: string): void {
    if (process.platform !== "linux") {
        throw new UserError(`${purpose} needs Linux`, {
            where: process.platform,
            fix: "use a cluster that you have: npx pulumi up -s dev",
        });
    }
    if (process.getuid?.() !== 0) {
        throw new UserError(`${purpose} needs root: it makes network devices, mounts and control groups`, {
            fix,
        });
    }
}

/** The API server's port: its usual one, or the one that DATA_PLATFORM_API_PORT names. */
export function apiPort(env: NodeJS.ProcessEnv = process.env): number {
    const text = env.DATA_PLATFORM_API_PORT;
    if (text === undefined || text === "") return ports.apiserver;
    const port = Number(text);
    if (/^\d+$/.test(text) && port >= 1 && port <= 65535) return port;
    throw new UserError(`not a port: ${text}`, {
        where: "environment variable DATA_PLATFORM_API_PORT",
        allowed: "a number from 1 to 65535",
        fix: `unset it to use ${ports.apiserver}`,
    });
}
