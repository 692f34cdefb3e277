import { Command, Option } from "commander";

import { renderError, UsageError, UserError } from "../lib/errors";
import { type CommandResult, exitCodes, type ExitCode } from "../lib/exit-codes";

/** Options that every command has. */
export interface CommonFlags {
    json?: boolean;
}

/** The stack that a command is about. */
export const stackOption = () =>
    new Option("--stack <name>", "the stack, by its file Pulumi.<name>.yaml").env("DATA_PLATFORM_STACK");

/** Makes a command with what all of them have: `--json`, the exit codes in its help, one way to answer and to fail. */
export function command<Flags extends CommonFlags>(
    name: string,
    work: (flags: Flags, args: string[]) => Promise<CommandResult>,
    codes: (keyof typeof exitCodes)[] = ["done", "failed", "usage"],
): Command {
    return new Command(name)
        .option("--json", "answer in JSON on standard output; progress and errors stay on standard error")
        .addHelpText(
            "after",
            `\nExit codes:\n${codes.map((code) => `  ${exitCodes[code]}  ${meanings[code]}`).join("\n")}`,
        )
        .showHelpAfterError(`(data-platform ${name} --help tells more)`)
        .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "")) })
        .exitOverride()
        .action(async (...all: unknown[]) => {
            const self = all.at(-1) as Command;
            const flags = self.opts<Flags>();
            process.exitCode = await answer(flags, () => work(flags, self.args));
        });
}

const meanings: Record<keyof typeof exitCodes, string> = {
    done: "done",
    failed: "it could not be done; standard error says why and what to do",
    usage: "the command line or the stack's config is wrong; nothing was done",
    found: "done, and there is something to see",
    warnings: "done, with warnings only",
};

async function answer({ json }: CommonFlags, work: () => Promise<CommandResult>): Promise<ExitCode> {
    try {
        const { text, json: value, code = exitCodes.done } = await work();
        process.stdout.write(json ? `${JSON.stringify(value, undefined, 2)}\n` : text && `${text}\n`);
        return code;
    } catch (error) {
        process.stderr.write(`${shown(error)}\n`);
        if (json) process.stdout.write(`${JSON.stringify({ error: forMachines(error) }, undefined, 2)}\n`);
        return isRunError(error) || error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
    }
}

/** An error of the user's is shown as it stands; so is one that the program itself raises about its config. */
function shown(error: unknown): string {
    return isRunError(error) ? error.message : renderError(error);
}

/** Equals Pulumi's `RunError.isInstance`, without loading Pulumi. */
function isRunError(error: unknown): error is Error {
    return error instanceof Error && "__pulumiRunError" in error;
}

function forMachines(error: unknown): Record<string, unknown> {
    if (error instanceof UserError) return { message: error.message, ...error.details };
    return { message: error instanceof Error ? error.message : String(error) };
}
