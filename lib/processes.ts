import { readFile, readlink } from "node:fs/promises";
import { basename } from "node:path";

import { processNumbers, statOf } from "./process-tree";

/** A process, told from a later one with the same number by the time at which it began. */
export interface ProcessId {
    pid: number;
    /** Clock ticks since boot; field 22 of /proc/<pid>/stat. */
    started: string;
}

/** The process that has this number now; none if there is none, or only a dead one that nobody has waited for. */
export async function processId(pid: number): Promise<ProcessId | undefined> {
    const fields = await statOf(pid);
    const [state, started] = [fields?.[0], fields?.[19]];
    return started === undefined || state === "Z" || state === "X" ? undefined : { pid, started };
}

export async function isRunning({ pid, started }: ProcessId): Promise<boolean> {
    return (await processId(pid))?.started === started;
}

/** The command lines of all processes, by number. */
export async function commandLines(): Promise<Map<number, string[]>> {
    const found = new Map<number, string[]>();
    await Promise.all(
        (await processNumbers()).map(async (pid) => {
            const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
            if (text) found.set(pid, text.replace(/\0$/, "").split("\0"));
        }),
    );
    return found;
}

/** Tells whether a command line names something in a directory; pure. The program itself may be anywhere. */
export function mentions(line: string[], dir: string): boolean {
    return line.slice(1).some((argument) => argument.includes(`${dir}/`));
}

/**
 * Ends the processes that a killed run of ours has left at work in a directory: those of the named programs that were given
 * a path in it, and those whose root it holds.
 */
export async function terminateWorkers(dir: string, programs: string[]): Promise<void> {
    const found: ProcessId[] = [];
    for (const [pid, line] of await commandLines()) {
        const [executable, root] = await Promise.all(
            ["exe", "root"].map((name) => readlink(`/proc/${pid}/${name}`).catch(() => "")),
        );
        const program = basename((executable ?? "").replace(/ \(deleted\)$/, ""));
        if (!(programs.includes(program) && mentions(line, dir)) && !root?.startsWith(`${dir}/`)) continue;
        const identity = await processId(pid);
        if (identity) found.push(identity);
    }
    await terminate(found, 0);
}

function signal(pid: number, name: NodeJS.Signals): void {
    try {
        process.kill(pid, name);
    } catch {
        // Gone by itself.
    }
}

/** Ends processes: asks first, and after some seconds does not ask any more. Zero seconds: no asking. */
export async function terminate(processes: ProcessId[], gracePeriodSeconds: number): Promise<void> {
    const running = async () => {
        const alive = await Promise.all(processes.map(isRunning));
        return processes.filter((_, index) => alive[index]);
    };
    const gone = async (milliseconds: number) => {
        const limit = Date.now() + milliseconds;
        while ((await running()).length > 0) {
            if (Date.now() >= limit) return false;
            await new Promise((resolve) => setTimeout(resolve, 30));
        }
        return true;
    };
    if (gracePeriodSeconds > 0) {
        for (const { pid } of await running()) signal(pid, "SIGTERM");
        if (await gone(gracePeriodSeconds * 1000)) return;
    }
    for (const { pid } of await running()) signal(pid, "SIGKILL");
    // Even SIGKILL takes its time with a process in the middle of a write.
    await gone(10_000);
}
