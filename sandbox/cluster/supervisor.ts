import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";

import { UserError } from "../../lib/errors";
import { writeAtomically } from "../../lib/files";
import { type Endpoint, requireFreePorts } from "./ports";
import { commandLines, terminate, isRunning, processId, type ProcessId } from "../../lib/processes";
import { type StallLimits, until } from "./probe";

/** A program that runs on after this one has ended. */
export interface Daemon {
    name: string;
    /** The binary, and what it is started with; what these are is what the daemon is. */
    file: string;
    args: string[];
    env?: Record<string, string>;
    /** Changes with the content of its configuration files, so that it is started anew when they do. */
    config?: string;
    /** Endpoints on which it will listen. */
    listens?: Endpoint[];
    /** Hint for the case that another process has one of its ports. */
    portConflictHint?: string;
    /** Complains or returns nothing. */
    healthy: () => Promise<string | undefined>;
    /** Seconds for which it may stand still while it isn't healthy. @default 180 */
    still?: number;
}

/** Seconds for which a daemon may stand still, where nothing else is said. */
const daemonStill = 180;

/** A daemon looks at its timers and peers all the time, which takes some hundredths of a core. */
const daemonShare = 10;

interface PidFile extends ProcessId {
    bootId: string;
    spec: string;
}

/** Starts daemons, finds those of an earlier run again, and ends them. Its memory is a directory of pid files. */
export class Supervisor {
    constructor(
        private readonly dir: string,
        private readonly logs: string,
        private readonly bootId: string,
    ) {}

    /**
     * Makes sure that a daemon runs and is healthy: keeps one that is, replaces one that is ill or was started differently.
     *
     * @returns whether it had to be started
     */
    async ensure(daemon: Daemon): Promise<boolean> {
        const spec = fingerprint(daemon);
        const known = await this.read(daemon.name);
        if (known) {
            // Some grace, because an earlier run may have started it a moment ago.
            const grace = { pids: [known.pid], still: 10, share: daemonShare };
            if (known.spec === spec && (await until(daemon.healthy, grace)) === undefined) return false;
            await this.stop(daemon.name);
        }
        await killStrays(daemon);
        await requireFreePorts(daemon.name, daemon.listens ?? [], daemon.portConflictHint);
        await this.start(daemon, spec);
        return true;
    }

    /** The process of a daemon, if it runs. */
    async running(name: string): Promise<ProcessId | undefined> {
        const known = await this.read(name);
        return known && { pid: known.pid, started: known.started };
    }

    /** Ends a daemon. */
    async stop(name: string, gracePeriodSeconds = 10): Promise<void> {
        const known = await this.read(name);
        if (known) await terminate([known], gracePeriodSeconds);
        await rm(this.pidFile(name), { force: true });
    }

    /**
     * Limits of waiting for what all of its daemons bring about together. None of them is ever idle: what counts is that they wait for a
     * CPU.
     */
    async stallLimits(still = 300): Promise<StallLimits> {
        const running = await Promise.all((await this.names()).map((name) => this.running(name)));
        return { pids: running.flatMap((each) => (each ? [each.pid] : [])), still, share: 1 };
    }

    /** Names of all daemons that have a pid file. */
    async names(): Promise<string[]> {
        const files = await readdir(this.dir).catch(() => [] as string[]);
        return files.filter((file) => file.endsWith(".json")).map((file) => basename(file, ".json"));
    }

    /** The daemon's log. */
    log(name: string): string {
        return join(this.logs, `${name}.log`);
    }

    private pidFile(name: string): string {
        return join(this.dir, `${name}.json`);
    }

    /** Reads a pid file, if it is true: the number may be another process's by now. */
    private async read(name: string): Promise<PidFile | undefined> {
        const text = await readFile(this.pidFile(name), "utf8").catch(() => undefined);
        if (text === undefined) return undefined;
        const known = JSON.parse(text) as PidFile;
        return known.bootId === this.bootId && (await isRunning(known)) ? known : undefined;
    }

    private async start(daemon: Daemon, spec: string): Promise<void> {
        const { name, file, args, env } = daemon;
        const log = this.log(name);
        await mkdir(this.logs, { recursive: true });
        // The log of the run before is what tells why a daemon had to be started again.
        await rename(log, `${log}.old`).catch(() => undefined);
        const output = await open(log, "a", 0o600);
        const child = spawn(file, args, {
            detached: true,
            stdio: ["ignore", output.fd, output.fd],
            env: { ...process.env, ...env },
            cwd: "/",
        });
        const failed = new Promise<string>((resolve) => {
            child.once("error", (error) => resolve(`cannot be started: ${error.message}`));
            child.once("exit", (code, signal) => resolve(`ended with ${signal ?? `exit code ${code}`}`));
        });
        child.unref();
        await output.close();
        const identity = child.pid === undefined ? undefined : await processId(child.pid);
        if (identity) {
            await writeAtomically(this.pidFile(name), JSON.stringify({ ...identity, bootId: this.bootId, spec }));
        }
        let over = false;
        const healthy = () => (over ? Promise.resolve(undefined) : daemon.healthy());
        const { still = daemonStill } = daemon;
        const limits = { pids: identity ? [identity.pid] : [], still, share: daemonShare };
        const trouble = await Promise.race([failed, until(healthy, limits)]);
        over = true;
        child.removeAllListeners();
        if (trouble === undefined) return;
        const ended = !identity || !(await isRunning(identity));
        throw new UserError(
            `${name} ${ended ? trouble : `is not healthy, and has stood still for ${still} s: ${trouble}`}`,
            {
                where: log,
                evidence: await lastLines(log, 12),
                fix: "look for the first error in the log; `make down` begins from nothing",
            },
        );
    }
}

/** Fingerprint of a daemon. */
function fingerprint({ file, args, env = {}, config = "" }: Daemon): string {
    return createHash("sha256")
        .update(JSON.stringify([file, args, env, config]))
        .digest("hex");
}

/** Ends processes that are this daemon but have no pid file, because whoever started them was killed a moment later. */
async function killStrays({ file, args }: Daemon): Promise<void> {
    const wanted = [file, ...args].join("\0");
    const strays: ProcessId[] = [];
    for (const [pid, line] of await commandLines()) {
        const found = line.join("\0") === wanted ? await processId(pid) : undefined;
        if (found) strays.push(found);
    }
    await terminate(strays, 5);
}

/** The end of a log; its lines cut to a width that people read. */
export async function lastLines(path: string, count: number): Promise<string[]> {
    const text = await readFile(path, "utf8").catch(() => "");
    return text
        .split("\n")
        .filter((line) => line.trim())
        .slice(-count)
        .map((line) => line.slice(0, 300));
}
