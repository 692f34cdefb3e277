import { execa } from "execa";

import { Block } from "./blocks";

/** Place in which commands are run. */
export interface Place {
    /** A checkout of the project. */
    cwd: string;
    env: Record<string, string>;
}

/** Outcome of a block. */
export interface Run {
    code: number;
    /** Both streams, as they came. */
    said: string;
}

/**
 * Runs a block as somebody would who pastes it into a shell: the first command that fails ends it. What it exports holds for the
 * blocks after it, too.
 */
export async function runBlock({ commands }: Block, { cwd, env }: Place): Promise<Run> {
    const { exitCode, all } = await execa("bash", ["-euo", "pipefail", "-c", commands], {
        ...{ cwd, env, extendEnv: false, reject: false, all: true, stdin: "ignore" },
        timeout: 300_000,
    });
    for (const [, name, value] of commands.matchAll(/^export (\w+)=(\S+)/gm)) env[name] = value;
    return { code: exitCode ?? 1, said: all };
}
