import { Option } from "commander";

import { CommandLine } from "../lib/command-line";
import { exitCodeOf, refusedFile, renderError, UserError } from "../lib/errors";
import { type CommandResult, exitCodes, type ExitCode, meanings } from "../lib/exit-codes";
import { type NamedStack, namedStack } from "../program/stack-name";

/** Options that every command has. */
export interface CommonFlags {
    json?: boolean;
}

/** Options of a command about one stack. */
export interface StackFlags extends CommonFlags {
    /** The name alone, and one that can be. */
    stack?: string;
    /** Organization of Pulumi Cloud, where the name said one. */
    organization?: string;
}

/** The stack that a command is about. */
export const stackOption = () =>
    new Option("--stack <name>", "the stack, by its file Pulumi.<name>.yaml").env("DATA_PLATFORM_STACK");

/** Makes a command with what all of them have: `--json`, the exit codes in its help, one way to answer and to fail. */
export function command<Flags extends CommonFlags>(
    name: string,
    work: (flags: Flags, args: string[]) => Promise<CommandResult>,
    codes: (keyof typeof exitCodes)[] = ["done", "failed", "usage"],
): CommandLine {
    const made = new CommandLine(name)
        .option("--json", "answer in JSON on standard output; progress and errors stay on standard error")
        .addHelpText(
            "after",
            `\nExit codes:\n${codes.map((code) => `  ${exitCodes[code]}  ${meanings[code]}`).join("\n")}`,
        )
        .showHelpAfterError(`(data-platform ${name} --help tells more)`);
    return made.action(async () => {
        const flags = made.opts<Flags>();
        // Within the answer, so that an error reaches machines, too.
        process.exitCode = await answer(flags, async () => work(withStack(flags), made.args));
    });
}

/** Options with the names of stacks as they are used. The one place where a name that somebody gave is read. */
function withStack<Flags extends object>(flags: Flags): Flags {
    const { stack } = flags as { stack?: unknown };
    if (typeof stack === "string") return { ...flags, ...named(stack) };
    return Array.isArray(stack) ? { ...flags, stack: stack.map((each: string) => named(each).stack) } : flags;
}

/** An empty one is a variable that wasn't set, and is missing. */
function named(stack: string): Partial<NamedStack> {
    return stack === "" ? { stack: undefined } : namedStack(stack);
}

async function answer({ json }: CommonFlags, work: () => Promise<CommandResult>): Promise<ExitCode> {
    try {
        const { text, json: value, code = exitCodes.done } = await work();
        process.stdout.write(json ? `${JSON.stringify(value, undefined, 2)}\n` : text && `${text}\n`);
        return code;
    } catch (error) {
        process.stderr.write(`${renderError(error)}\n`);
        if (json) process.stdout.write(`${JSON.stringify({ error: forMachines(error) }, undefined, 2)}\n`);
        return exitCodeOf(error);
    }
}

function forMachines(error: unknown): Record<string, unknown> {
    const known = error instanceof UserError ? error : refusedFile(error);
    if (known) return { message: known.message, ...known.details };
    return { message: error instanceof Error ? error.message : String(error) };
}
