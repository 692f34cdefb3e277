import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { outputDir, repoRoot } from "../../lib/paths";
import { Summary } from "../../sandbox/sample-run/summary";

/** Output and exit code of a command of the sandbox. */
export interface Said {
    code: number | null;
    stdout: string;
    stderr: string;
    seconds: number;
}

/** Everything that any command has said so far; no secret may be in it. */
export const transcript: string[] = [];

export interface RunOptions {
    /** Kill it hard when it says this. */
    killAt?: RegExp;
    /** Told of each line as it comes. */
    onLine?: (line: string) => void;
    /** Show its progress in the test's own output. @default false */
    show?: boolean;
}

/** Runs a command of the sandbox as a person would. */
export async function sandbox(args: string[], { killAt, onLine, show }: RunOptions = {}): Promise<Said> {
    const started = Date.now();
    const main = ["-r", "./cli/typescript.mjs", "sandbox/main.ts"];
    const child = spawn(process.execPath, [...main, ...args], {
        cwd: repoRoot,
        stdio: ["ignore", "pipe", "pipe"],
        // Colours, which $CI switches on in a pipe too, would stand between the words that a test looks for.
        env: { ...process.env, NO_COLOR: "1" },
    });
    const said = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
        child[stream].on("data", (chunk: Buffer) => {
            const text = chunk.toString();
            said[stream] += text;
            if (show) process.stdout.write(text.replace(/^(?=.)/gm, "      "));
            text.split("\n").forEach((line) => onLine?.(line));
            if (killAt?.test(said[stream])) child.kill("SIGKILL");
        });
    }
    const [code] = (await once(child, "close")) as [number | null];
    transcript.push(said.stdout, said.stderr);
    return { code, ...said, seconds: (Date.now() - started) / 1000 };
}

/** The summary of the last run. */
export function summary(): Summary {
    return JSON.parse(readFileSync(join(outputDir, "summary.json"), "utf8")) as Summary;
}
