// Whether whoever holds a stack's lock is still alive. A lock is taken away only on proof, never on a guess.
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

import { run } from "../../lib/exec";
import type { StackLock } from "../../engine/engine";

/** State of a lock's holder, and how that is known. */
export interface Holder {
    /** `unknown`: it can't be proved from here. */
    is: "live" | "dead" | "unknown";
    /** For people, e.g. `no process 4711 runs on this machine (vm)`. */
    why: string;
}

/** Questions about the machine that this runs on; another one in tests. */
export interface Machine {
    hostname: string;
    /** Processes of this name may run where this process can't see them: it is in a container that goes by its host's name. */
    blind: boolean;
    /** A process, if it runs. */
    process(pid: number): Promise<{ started?: Date } | undefined>;
}

/** Seconds by which a process's start may be told wrong: clocks are set while machines run. */
const slack = 5;

/** Names that many machines have, so that they say nothing about which one it was. */
const common =
    /^(localhost|ubuntu|debian|fedora|alpine|linux|vm|server|raspberrypi|runner|docker-desktop|(.*s-)?macbook(-pro|-air)?)(\.|$)/i;

/**
 * Tells whether a lock's holder lives. It is dead for certain when it ran on this machine and its process is gone, or when its number now
 * belongs to a process that was started after the lock was taken.
 */
export async function holderOf(lock: StackLock, machine: Machine = thisMachine()): Promise<Holder> {
    const { host, pid, since, where } = lock;
    if (host === undefined || pid === undefined) {
        return { is: "unknown", why: "the lock doesn't say which process took it" };
    }
    if (host !== machine.hostname) {
        return { is: "unknown", why: `it was taken on ${host}; this is ${machine.hostname}` };
    }
    const running = await machine.process(pid);
    if (!running) {
        if (machine.blind) {
            return { is: "unknown", why: `this container has its host's name, ${host}, but can't see its processes` };
        }
        // In a bucket there are locks of other machines, too.
        if (common.test(host) && !isLocal(where)) {
            return { is: "unknown", why: `${host} is a name that many machines have, so it may be another one's` };
        }
        return { is: "dead", why: `no process ${pid} runs on this machine (${host})` };
    }
    const { started } = running;
    if (started && started.getTime() > since.getTime() + slack * 1000) {
        return {
            is: "dead",
            why: `process ${pid} of this machine was started at ${started.toISOString()}, after the lock was taken`,
        };
    }
    return { is: "live", why: `process ${pid} runs on this machine (${host})` };
}

function isLocal(where: string): boolean {
    return where.startsWith("/") || where.startsWith("file:");
}

/** The machine that this runs on. */
export function thisMachine(): Machine {
    return { hostname: hostname(), blind: blind(), process: processOf };
}

/** The numbers that Linux gives to the first namespaces, those of the machine itself. */
const first = { pid: "pid:[4026531836]", uts: "uts:[4026531838]" };

function blind(): boolean {
    try {
        return readlinkSync("/proc/self/ns/pid") !== first.pid && readlinkSync("/proc/self/ns/uts") === first.uts;
    } catch {
        return false; // no Linux, so no such container
    }
}

async function processOf(pid: number): Promise<{ started?: Date } | undefined> {
    try {
        process.kill(pid, 0);
    } catch (error) {
        // Of somebody else's process one is told that one may not; all else means that there is none.
        if ((error as NodeJS.ErrnoException).code !== "EPERM") return undefined;
    }
    return existsSync("/proc/stat") ? onLinux(pid) : elsewhere(pid);
}

function onLinux(pid: number): { started?: Date } | undefined {
    try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        // The name in parentheses may hold anything.
        const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        // It has ended, and its parent has not asked how.
        if (state === "Z" || state === "X") return undefined;
        const booted = Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1]);
        // Field 22, in hundredths of a second since the machine was booted.
        const started = booted * 1000 + Number(fields[18]) * 10;
        return Number.isFinite(started) ? { started: new Date(started) } : {};
    } catch (error) {
        return ["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "") ? undefined : {};
    }
}

async function elsewhere(pid: number): Promise<{ started?: Date } | undefined> {
    const { stdout } = await run("ps", ["-o", "lstart=", "-p", String(pid)], { env: { LC_ALL: "C" }, okCodes: [0, 1] });
    if (!stdout.trim()) return undefined;
    const started = new Date(stdout.trim());
    return Number.isNaN(started.getTime()) ? {} : { started };
}
