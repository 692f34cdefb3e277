import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";

import { UserError } from "../../lib/errors";

/** The lock is held by somebody else. */
export class InUse extends UserError {}

/** flock's exit code for a lock that somebody else has. */
const taken = 75;

/**
 * Runs `work` while no other process changes the same stack; fails at once if one does.
 *
 * The kernel holds the lock, for a child that lives until its standard input closes. So what a killed process held is free at
 * once, and a process id that was given out again can't be mistaken for the holder.
 */
export async function alone<T>(file: string, what: string, work: () => Promise<T>): Promise<T> {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const script = `echo "$2" > "$1"; echo held; exec cat > /dev/null`;
    const args = ["--nonblock", "--conflict-exit-code", String(taken), file, "sh", "-c", script, "sh", file];
    // Detached: Ctrl-C goes to the whole foreground group, and the lock has to outlive our own tidying up.
    const holder = spawn("flock", [...args, String(process.pid)], {
        stdio: ["pipe", "pipe", "ignore"],
        detached: true,
    });
    try {
        await new Promise<void>((resolve, reject) => {
            createInterface(holder.stdout).once("line", () => resolve());
            holder.once("error", () =>
                reject(new UserError("program not found: flock", { fix: "apt-get install util-linux" })),
            );
            holder.once("exit", (code) => {
                if (code !== taken) return reject(new Error(`the lock ${file} was lost (flock ended with ${code})`));
                void readFile(file, "utf8").then((pid) => reject(inUse(what, file, pid.trim())), reject);
            });
        });
        return await work();
    } finally {
        holder.removeAllListeners("exit");
        // Free only when it has gone, so that whoever is next in this process doesn't find the lock taken.
        const gone = holder.pid === undefined || holder.exitCode !== null || once(holder, "exit");
        holder.stdin.end();
        await gone;
    }
}

/** Who holds the lock now, by process id; undefined when nobody does. */
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
