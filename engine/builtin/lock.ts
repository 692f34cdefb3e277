import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";

import { UserError } from "../../lib/errors";
import { withFreeLock } from "../../lib/lock";

/** The lock is held by somebody else. */
export class InUse extends UserError {}

/** Runs `work` while no other process changes the same stack; fails at once if one does. */
export async function withStackLock<T>(file: string, what: string, work: () => Promise<T>): Promise<T> {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    return withFreeLock(file, (pid) => inUse(what, file, pid), work);
}

/** Holder of the lock, by process id; undefined when there is none. */
export function holderOf(file: string): { pid?: number; since: Date } | undefined {
    if (!existsSync(file)) return undefined;
    const { ino, mtime } = statSync(file);
    // Asked of the kernel; taking it to find out would be in the way of whoever wants it at the same moment.
    const held = readFileSync("/proc/locks", "utf8")
        .split("\n")
        .some((line) => /\bFLOCK\b/.test(line) && line.split(/\s+/).some((part) => part.endsWith(`:${ino}`)));
    const pid = Number(readFileSync(file, "utf8").trim());
    return held ? { ...(pid ? { pid } : {}), since: mtime } : undefined;
}

function inUse(what: string, file: string, pid: string): InUse {
    return new InUse(`${what} is being changed by another process (${pid})`, {
        where: file,
        fix: `wait until it has ended, or see what it does: ps -fp ${pid}`,
    });
}
