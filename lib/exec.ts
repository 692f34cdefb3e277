import { appendFileSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { type Readable } from "node:stream";

import { execa, ExecaError } from "execa";

import { UserError } from "./errors";
import { treeOf } from "./process-tree";
import { Standstill, standingStill, stillLimit } from "./standstill";
import { Stopped, stopSignalHere } from "./stopping";

export interface RunOptions {
    cwd?: string;
    /** Added to the process's own environment. */
    env?: Record<string, string | undefined>;
    /** Given on standard input; the way to hand over a secret. */
    input?: string;
    /** Append both streams to this file as they come. */
    log?: string;
    /** Milliseconds; for a question that an idle machine answers at once, never for work. @default none */
    timeout?: number;
    /** Seconds without output, CPU time or bytes written after which it is ended, with all that it has started. @default never */
    still?: number;
    /** Advice for the case that it fails. */
    fix?: string;
    /** Exit codes that are fine. @default [0] */
    okCodes?: number[];
    /** Called with each line of either stream, for progress. */
    onLine?: (line: string) => void;
    signal?: AbortSignal;
    /**
     * For a program that ends itself in good order: it is out of reach of the terminal's own Ctrl-C, `signal` interrupts it
     * exactly once, and nothing kills it.
     * @default false
     */
    endsItself?: boolean;
    /** Name of the program where all that it says is shown by `onLine`, so that a failure doesn't say it again. */
    shownAs?: string;
}

export interface RunResult {
    stdout: string;
    stderr: string;
    code: number;
}

/** Options of a long step: it is ended when it stands still, and when the work that it is part of is stopped. */
export function patiently(still = stillLimit()): Pick<RunOptions, "still" | "signal"> {
    return { still, signal: stopSignalHere() };
}

/**
 * Runs a program to its end.
 *
 * @throws UserError that names the command, its exit code and the last lines that it said; Stopped when `signal` has ended it
 */
export async function run(file: string, args: string[], options: RunOptions = {}): Promise<RunResult> {
    const { cwd, env, input, log, timeout, fix, okCodes = [0], onLine, signal, endsItself, shownAs } = options;
    if (signal?.aborted) throw new Stopped(`was stopped: ${commandText(file, args)}`);
    const logged = log ? openLog(log) : undefined;
    const child = execa(file, args, {
        cwd,
        env,
        timeout,
        cancelSignal: signal,
        stdin: input === undefined ? "ignore" : "pipe",
        ...(input === undefined ? {} : { input }),
        all: true,
        maxBuffer: 256 * 1024 * 1024,
        stripFinalNewline: true,
        ...(endsItself ? { detached: true, killSignal: "SIGINT", forceKillAfterDelay: false } : {}),
    });
    // A stop at once, not in good order, stops it too; in a process group of its own it would go on alone.
    const stopToo = () => void child.kill("SIGINT");
    if (endsItself) process.once("exit", stopToo);
    child.all?.on("data", (chunk: Buffer) => logged?.write(chunk));
    if (onLine) {
        let rest = "";
        child.all?.on("data", (chunk: Buffer) => {
            const lines = (rest + chunk.toString()).split("\n");
            rest = lines.pop() ?? "";
            lines.forEach(onLine);
        });
    }
    const watch = options.still === undefined ? undefined : watchOver(child.pid, child.all, options.still);
    try {
        const result = await child;
        return { stdout: result.stdout, stderr: result.stderr, code: 0 };
    } catch (error) {
        if (!(error instanceof ExecaError)) throw error;
        const code = error.exitCode ?? -1;
        if (error.exitCode !== undefined && okCodes.includes(code)) {
            return { stdout: String(error.stdout ?? ""), stderr: String(error.stderr ?? ""), code };
        }
        const why = watch?.ended() ?? failure(error);
        if (shownAs) throw new UserError(`${shownAs} ${why}; what it said is above`, { fix });
        const said = String(error.all ?? "").split("\n");
        const message = `${why}: ${commandText(file, args)}`;
        // A terminal's Ctrl-C reaches the program itself, too.
        if (signal?.aborted) throw new Stopped(message);
        throw new UserError(message, {
            where: log ?? cwd,
            evidence: said.filter((line) => line.trim()).slice(-15),
            fix,
            cause: watch?.ended(),
        });
    } finally {
        watch?.end();
        logged?.close();
        process.removeListener("exit", stopToo);
    }
}

/** Longest command in a message; one with a script in it is longer. */
const longest = 300;

/** A command for a message: whole, or without its last arguments, and how many those are. Never cut within one. */
export function commandText(file: string, args: string[]): string {
    const whole = [file, ...args];
    let count = whole.length;
    while (count > 1 && whole.slice(0, count).join(" ").length > longest) count--;
    const left = whole.length - count;
    return `${whole.slice(0, count).join(" ")}${left > 0 ? ` … (and ${left} more argument${left > 1 ? "s" : ""})` : ""}`;
}

/**
 * Opens a log before its program starts, and writes to it at once: a program that fails in its first moment has said why, and its log is
 * whole when `run` has ended. A log that can't be written is no reason to end the program.
 */
function openLog(path: string): { write: (chunk: Buffer) => void; close: () => void } {
    mkdirSync(dirname(path), { recursive: true });
    let fd: number | undefined;
    const unless = (work: () => void) => {
        try {
            work();
        } catch {
            // Its place has gone, or the disk is full.
        }
    };
    unless(() => (fd = openSync(path, "a")));
    return {
        write: (chunk) => unless(() => fd !== undefined && appendFileSync(fd, chunk)),
        close: () => unless(() => fd !== undefined && closeSync(fd)),
    };
}

/** Ends a process and all that it has started when it stands still. */
function watchOver(pid: number | undefined, output: Readable | undefined, limit: number) {
    const watch = new Standstill(pid === undefined ? [] : [pid], limit);
    output?.on("data", () => watch.moved());
    let ended: string | undefined;
    let looking = false;
    const look = async () => {
        if (looking || ended !== undefined || pid === undefined) return;
        looking = true;
        if (await watch.look()) {
            ended = standingStill(limit);
            // Found before the first is gone: the others would be somebody else's children then.
            for (const each of await treeOf([pid])) endProcess(each);
        }
        looking = false;
    };
    const timer = setInterval(() => void look(), Math.min(5, limit / 10) * 1000);
    return { ended: () => ended, end: () => clearInterval(timer) };
}

/** Hard: what stands still doesn't hear. */
function endProcess(pid: number): void {
    try {
        process.kill(pid, "SIGKILL");
    } catch {
        // Gone by itself.
    }
}

function failure(error: ExecaError): string {
    if (error.code === "ENOENT") return "program not found";
    if (error.timedOut) return `timed out after ${(error.durationMs / 1000).toFixed(0)} s`;
    if (error.isCanceled) return "was stopped";
    return error.signal ? `ended by ${error.signal}` : `failed with exit code ${error.exitCode}`;
}

/** Tells whether a program couldn't even be started. */
export function isMissing(error: unknown): boolean {
    return error instanceof UserError && error.message.startsWith("program not found");
}
