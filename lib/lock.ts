import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";

import { UserError } from "./errors";
import { Stopped, stopSignalHere } from "./stopping";

/**
 * Runs `work` while this process, alone on the machine, holds the lock on a file; waits until it is free.
 *
 * @param waiting told once, with the process that holds the lock, when it is not free
 */
export async function withLock<T>(path: string, waiting: (holder: string) => void, work: () => Promise<T>): Promise<T> {
    const notice = setTimeout(() => {
        void holderIn(path).then(
            (pid) => waiting(`process ${pid}`),
            () => waiting("another process"),
        );
    }, 300);
    const release = await take(path, true).finally(() => clearTimeout(notice));
    return during(release, work);
}

/**
 * Runs `work` while this process holds the lock on a file; fails at once when it is not free.
 *
 * @param refusal makes the error, of the id of the process that holds the lock
 */
export async function withFreeLock<T>(
    path: string,
    refusal: (pid: string) => Error,
    work: () => Promise<T>,
): Promise<T> {
    const release = await take(path, false);
    if (!release) throw refusal(await holderIn(path));
    return during(release, work);
}

async function during<T>(release: (() => Promise<void>) | undefined, work: () => Promise<T>): Promise<T> {
    try {
        return await work();
    } finally {
        await release?.();
    }
}

/** flock's exit code for a lock that somebody else has. */
const taken = 75;

/**
 * Takes the lock, and gives what releases it; nothing when it is not free and shouldn't be waited for.
 *
 * The kernel holds the lock for a child of ours that lives until its standard input closes; so the lock of a process that
 * was killed is free at once, there is no such thing as a stale one, and a process id that was given out again can't be mistaken for
 * the holder.
 */
async function take(path: string, wait: boolean): Promise<(() => Promise<void>) | undefined> {
    await mkdir(dirname(path), { recursive: true });
    const flags = wait ? ["--exclusive"] : ["--nonblock", "--conflict-exit-code", String(taken)];
    const script = `echo "$2" > "$1"; echo held; exec cat > /dev/null`;
    // Detached: Ctrl-C goes to the whole foreground group, and the lock has to outlive our own tidying up.
    const child = spawn("flock", [...flags, path, "sh", "-c", script, "sh", path, String(process.pid)], {
        stdio: ["pipe", "pipe", "ignore"],
        detached: true,
    });
    let held = false;
    const release = async () => {
        // Free only when it has gone, so that the next one in this process doesn't find the lock taken.
        const hasEnded = child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
        const gone = hasEnded || once(child, "exit");
        child.stdin.end();
        // One that still waits for the lock would get it some day.
        if (!held) child.kill();
        await gone;
    };
    const signal = wait ? stopSignalHere() : undefined;
    try {
        await new Promise<void>((resolve, reject) => {
            const stop = () => reject(new Stopped(`was stopped while it waited for the lock ${path}`));
            if (signal?.aborted) stop();
            signal?.addEventListener("abort", stop, { once: true });
            createInterface(child.stdout).once("line", () => {
                held = true;
                resolve();
            });
            child.once("error", () =>
                reject(new UserError("program not found: flock", { fix: "apt-get install util-linux" })),
            );
            child.once("exit", (code) => {
                if (!wait && code === taken) resolve();
                else reject(new Error(`the lock ${path} was lost (flock ended with ${code})`));
            });
        });
    } catch (error) {
        await release();
        throw error;
    }
    return held ? release : undefined;
}

/** The id of the process that holds a lock, or held it last. */
async function holderIn(path: string): Promise<string> {
    return (await readFile(path, "utf8")).trim();
}
