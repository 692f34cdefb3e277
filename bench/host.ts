// Starts Node the way Pulumi's language host does, and tells what the process has used.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { UserError } from "../lib/errors";
import { outputDir, repoRoot } from "../lib/paths";

/** Use that a process has made of the machine from its start to its end. */
export interface Used {
    /** Seconds of CPU. */
    cpu: number;
    /** The most memory at one time, in MiB. */
    peak: number;
    /** Modules that were loaded. */
    modules: number;
    /** Packages of npm that they are of. */
    packages: string[];
}

interface RuntimeOptions {
    typescript: boolean;
    nodeargs: string[];
}

/** The options of the runtime in a project's file. */
export function runtimeOptions(file: string): RuntimeOptions {
    const { runtime } = parse(readFileSync(join(repoRoot, file), "utf8")) as {
        runtime: string | { options?: { typescript?: boolean; nodeargs?: string } };
    };
    const { typescript = true, nodeargs = "" } = typeof runtime === "string" ? {} : (runtime.options ?? {});
    return { typescript, nodeargs: nodeargs.split(" ").filter(Boolean) };
}

/** A program of the SDK that Pulumi's language host runs. */
export const ofSdk = (name: string) => join(repoRoot, "node_modules", "@pulumi", "pulumi", "cmd", name, "index.js");

/** A process that is under way. */
export interface Hosted {
    child: ChildProcess;
    /** Settles when it has ended, with what it has used. Rejects with what it said when it fails. */
    ended: Promise<Used>;
}

/**
 * @param args Arguments of Node.
 * @param errors Further lines about a failure, that it has told elsewhere.
 */
export function start(
    args: string[],
    { cwd, env, errors = [] }: { cwd: string; env: Record<string, string>; errors?: string[] },
): Hosted {
    const usage = join(outputDir, "bench", `usage-${process.pid}.json`);
    mkdirSync(join(outputDir, "bench"), { recursive: true });
    const child = spawn(process.execPath, ["--import", join(repoRoot, "bench", "usage.mjs"), ...args], {
        cwd,
        env: { ...process.env, ...env, DATA_PLATFORM_USAGE: usage },
        stdio: ["ignore", "pipe", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
    child.stdout.resume();
    const ended = new Promise<Used>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (code) => {
            if (code === 0) return resolve(JSON.parse(readFileSync(usage, "utf8")) as Used);
            const evidence = [...errors, stderr.trim()].join("\n").split("\n").slice(0, 15);
            reject(new UserError(`the program failed (${code})`, { evidence }));
        });
    });
    return { child, ended };
}
