// Things that every command line here has in common. Light: it is loaded for `--help`.
import { Command, CommanderError, Help, type Option } from "commander";

import { endFailed } from "./errors";
import { exitCodes } from "./exit-codes";

/** Widest help in columns: longer lines are hard to read. */
const widest = 120;

/** Help that is wrapped once, to the terminal's width; indented lines, which are examples, stand as they are. */
class WrappedHelp extends Help {
    override prepareContext(context: Parameters<Help["prepareContext"]>[0]): void {
        super.prepareContext({ ...context, helpWidth: Math.min(context.helpWidth ?? 80, widest) });
    }

    override commandUsage(command: Command): string {
        const indent = "Usage: ".length;
        return this.boxWrap(super.commandUsage(command), (this.helpWidth ?? 80) - indent).replace(
            /\n/g,
            `\n${" ".repeat(indent)}`,
        );
    }

    /** Lines of one paragraph of the source are one line, which is wrapped then. */
    override commandDescription(command: Command): string {
        return super.commandDescription(command).replace(/(?<=\S)\n(?=\S)/g, " ");
    }

    override boxWrap(text: string, width: number): string {
        return text
            .split("\n")
            .map((line) => (line.startsWith("  ") ? line : super.boxWrap(line, width)))
            .join("\n");
    }
}

/** A command that refuses an option given twice, unless it is meant to be, and tells more by `--help`. */
export class CommandLine extends Command {
    /** Options that were given, by what they set. */
    private readonly given = new Map<string, Option>();

    constructor(name?: string) {
        super(name);
        this.configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "")) }).exitOverride();
    }

    override createCommand(name?: string): CommandLine {
        return new CommandLine(name);
    }

    override createHelp(): Help {
        return Object.assign(new WrappedHelp(), this.configureHelp());
    }

    override addOption(option: Option): this {
        super.addOption(option);
        const isMeantTo = option.variadic || Array.isArray(option.defaultValue);
        if (!isMeantTo) this.on(`option:${option.name()}`, () => this.refuseRepeated(option));
        return this;
    }

    /** Of two values the last would win without a word. */
    private refuseRepeated(option: Option): void {
        const before = this.given.get(option.attributeName());
        this.given.set(option.attributeName(), option);
        if (!before || (before === option && option.isBoolean())) return;
        this.error(
            before === option
                ? `${option.long ?? option.flags} is given twice, and it may be given once`
                : `${before.long ?? before.flags} and ${option.long ?? option.flags} say the opposite`,
            { code: "commander.repeatedOption" },
        );
    }
}

/** Runs a program's command line to its end, and sets its exit code. */
export async function runCommandLine(program: Command): Promise<void> {
    try {
        await program.parseAsync();
    } catch (error) {
        if (!(error instanceof CommanderError)) return endFailed(error);
        // Help that was asked for is an answer; all else is a command line that can't be meant.
        process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    }
}
