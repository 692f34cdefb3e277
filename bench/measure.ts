import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

import { UserError } from "../lib/errors";
import { repoRoot } from "../lib/paths";

/** Cost of one run of a command. */
export interface Measured {
    /** Wall time in seconds. */
    seconds: number;
    /** The most memory at one time, the command's own and its children's, in MiB; undefined where there is no /proc. */
    peak?: number;
    /** Output of the command. */
    stdout: string;
}

/** Interval between two samples of memory, in milliseconds. */
const interval = 20;

/**
 * Runs a command to its end.
 *
 * @throws UserError with what it said when it fails.
 */
export function measure(command: string, args: string[]): Promise<Measured> {
    return new Promise((resolve, reject) => {
        const start = process.hrtime.bigint();
        const child = spawn(command, args, { cwd: repoRoot, stdio: ["ignore", "pipe", "pipe"] });
        let [stdout, stderr] = ["", ""];
        child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
        child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
        let peak: number | undefined;
        const timer = setInterval(() => {
            const now = child.pid === undefined ? undefined : memoryOf(child.pid);
            if (now !== undefined) peak = Math.max(peak ?? 0, now);
        }, interval);
        child.once("error", reject);
        child.once("close", (code) => {
            clearInterval(timer);
            const seconds = Number(process.hrtime.bigint() - start) / 1e9;
            if (code === 0) return resolve({ seconds, peak, stdout });
            reject(
                new UserError(`${[command, ...args].join(" ")} failed (${code})`, {
                    evidence: stderr.trim().split("\n").slice(-15),
                }),
            );
        });
    });
}

/** The measurement in the middle of several, after one that only warms the disk's cache. */
export async function repeat(times: number, work: () => Promise<Measured>): Promise<Measured> {
    await work();
    const all: Measured[] = [];
    for (let run = 0; run < times; run++) all.push(await work());
    return all.sort((one, other) => one.seconds - other.seconds)[Math.floor(times / 2)];
}

/** Resident memory of a process and all below it, in MiB. Pages that two of them share are counted twice. */
function memoryOf(pid: number): number | undefined {
    if (!existsSync("/proc/self/statm")) return undefined;
    const children = new Map<number, number[]>();
    const pages = new Map<number, number>();
    for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        try {
            const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
            // The command in brackets may hold anything; what follows the last bracket: state, parent, …, resident pages as the 22nd.
            const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
            children.set(Number(fields[1]), [...(children.get(Number(fields[1])) ?? []), Number(entry)]);
            pages.set(Number(entry), Number(fields[21]));
        } catch {
            // It has ended meanwhile.
        }
    }
    const sum = (of: number): number =>
        (pages.get(of) ?? 0) + (children.get(of) ?? []).reduce((total, child) => total + sum(child), 0);
    return (sum(pid) * 4096) / 2 ** 20;
}
