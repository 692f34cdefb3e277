import { spawn } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";

import { UserError } from "./errors";
import { Stopped, stopSignalHere } from "./stopping";

/**
 * Runs `work` while this process, alone on the machine, holds the lock on a file.
 *
 * The kernel holds the lock for a child of ours that lives until its standard input closes; so the lock of a process that
 * was killed is free at once, and there is no such thing as a stale one.
 *
 * @param waiting told once, with the process that holds the lock, when it is not free
 */
export async function withLock<T>(path: string, waiting: (holder: string) => void, work: () => Promise<T>): Promise<T> {
    await mkdir(dirname(path), { recursive: true });
    const script = `echo "$2" > "$1"; echo held; exec cat > /dev/null`;
    // Detached: Ctrl-C goes to the whole foreground group, and the lock has to outlive our own tidying up.
    const child = spawn("flock", ["--exclusive", path, "sh", "-c", script, "sh", path, String(process.pid)], {
        stdio: ["pipe", "pipe", "ignore"],
        detached: true,
    });
    let held = false;
    const notice = setTimeout(() => {
        void readFile(path, "utf8").then(
            (pid) => waiting(`process ${pid.trim()}`),
            () => waiting("another process"),
        );
    }, 300);
    const signal = stopSignalHere();
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
            child.once("exit", (code) => reject(new Error(`the lock ${path} was lost (flock ended with ${code})`)));
        });
        clearTimeout(notice);
        return await work();
    } finally {
        clearTimeout(notice);
        child.removeAllListeners("exit");
        child.stdin.end();
        // One that still waits for the lock would get it some day.
        if (!held) child.kill();
    }
}
