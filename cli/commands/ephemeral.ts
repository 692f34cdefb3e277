import { type Command, InvalidArgumentError, Option } from "commander";

import { command } from "../command";
import { CommandLine } from "../../lib/command-line";
import { UsageError } from "../../lib/errors";
import { CommandResult, exitCodes } from "../../lib/exit-codes";
import { dryRunOption, engineOption, positive, timeoutOption, yesOption } from "../options";
import type { Flags, CreateFlags, DestroyFlags, ListFlags, ExtendFlags } from "../actions/ephemeral";
import type { SweepFlags } from "../actions/sweep";

/** `data-platform ephemeral`: stacks of pull requests, which go away by themselves. */
export function ephemeralCommand(): Command {
    return new CommandLine("ephemeral")
        .summary("short-lived stacks of pull requests: create, list, extend, destroy, sweep")
        .description(
            `Short-lived stacks on the cluster plane of another one: pr-<number>, small, in namespaces of their own, gone when their time is over.
docs/ephemeral.md tells what to prepare.

  data-platform ephemeral create 7 --ttl 12h
  data-platform ephemeral sweep --dry-run`,
        )
        .addCommand(createCommand())
        .addCommand(listCommand())
        .addCommand(extendCommand())
        .addCommand(destroyCommand())
        .addCommand(sweepCommand())
        .showHelpAfterError("(data-platform ephemeral --help tells more)");
}

function createCommand(): Command {
    const made = sub<CreateFlags>("create", (flags, args) => work().create(flags, stackArgument(flags, args)))
        .summary("make the stack of a pull request, or bring it up to date")
        .description(
            `Makes the stack pr-<number>, or brings it up to date, and says how to come to it. Each time it lives for the TTL from then on at
least; its end is never moved forward.`,
        )
        .argument("[number]", "of the pull request, or its stack: 7 or pr-7")
        .addOption(ttlOption().default("24h").env("DATA_PLATFORM_TTL"))
        .option("--comment <file>", "write how to come to it as Markdown, for the pull request");
    return addStackOptions(made, "for the update");
}

function listCommand(): Command {
    return sub<ListFlags>("list", (flags, args) => (none(args), work().list(flags)))
        .summary("show the stacks there are, and namespaces that no stack has")
        .addOption(prefixOption());
}

function extendCommand(): Command {
    return sub<ExtendFlags>("extend", (flags, args) => work().extend(flags, stackArgument(flags, args)))
        .summary("let a stack live longer, or keep it from every sweep")
        .argument("<number>", "of the pull request, or its stack: 7 or pr-7")
        .addOption(ttlOption())
        .option("--keep", "no sweep takes it, whatever its time")
        .option("--no-keep", "sweeps take it again when its time is over");
}

function destroyCommand(): Command {
    const made = sub<DestroyFlags>("destroy", (flags, args) => work().destroy(flags, stackArgument(flags, args)))
        .summary("destroy a stack with all its data; fine when there is none")
        .argument("[number]", "of the pull request, or its stack: 7 or pr-7");
    return addStackOptions(made, "for the whole");
}

function sweepCommand(): Command {
    return sub<SweepFlags>("sweep", (flags, args) => (none(args), sweeping().sweep(flags)), [
        "done",
        "failed",
        "usage",
        "found",
        "warnings",
    ])
        .summary("destroy the stacks whose time is over, and say what could not be destroyed")
        .description(
            `Destroys every stack whose time is over or whose pull request is closed, one after another, and reports the rest. Ends with 1 when
one could not be destroyed, with 3 when --dry-run finds something to do, with 4 when there are namespaces that no stack here has.`,
        )
        .addOption(prefixOption())
        .addOption(
            new Option(
                "--grace <time>",
                "what a stack gets whose end isn't written down; a stack or namespace younger than that is never orphaned",
            ).default("1h"),
        )
        .option(
            "--open-pull-requests <numbers>",
            "a list such as 7,9 or a JSON file with one: stacks of other pull requests go, too",
        )
        .option("--orphans", "delete namespaces that no stack of this backend has, too")
        .option("--summary <file>", "append the report as Markdown, for the summary of a step in CI")
        .addOption(timeoutOption(20, "for one stack"))
        .addOption(new Option("--budget <minutes>", "for all of them").default(50).argParser(positive))
        .addOption(dryRunOption())
        .addOption(yesOption());
}

/** A command below `ephemeral`, with what all of them have. */
function sub<F extends Flags>(
    name: string,
    run: (flags: F, args: string[]) => Promise<CommandResult>,
    codes?: (keyof typeof exitCodes)[],
): Command {
    return command<F>(name, run, codes)
        .addOption(engineOption())
        .option("--template <file>", "the stack file that the others are made from (default: Pulumi.ephemeral.yaml)")
        .showHelpAfterError(`(data-platform ephemeral ${name} --help tells more)`);
}

function addStackOptions(to: Command, of: string): Command {
    return to
        .addOption(
            new Option("--pull-request <number>", "the stack goes when this pull request is closed, too")
                .argParser(pullRequestNumber)
                .env("DATA_PLATFORM_PULL_REQUEST"),
        )
        .addOption(timeoutOption(of === "for the update" ? 60 : 20, of))
        .addOption(yesOption());
}

const ttlOption = () => new Option("--ttl <time>", "how long it lives from now: 90m, 12h, 3d, 7d12h, 2w (15m to 30d)");

const prefixOption = () => new Option("--prefix <text>", "what names of such stacks begin with").default("pr-");

function pullRequestNumber(text: string): number {
    if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
    throw new InvalidArgumentError("It must be the number of a pull request, such as 7.");
}

/** Name of the stack: by the argument, or by the pull request. */
function stackArgument({ pullRequest }: Flags & { pullRequest?: number }, [argument, ...more]: string[]): string {
    none(more);
    const named = pullRequest === undefined ? undefined : String(pullRequest);
    const wanted = argument ?? named;
    if (wanted === undefined) {
        throw new UsageError("the stack is missing", {
            allowed: "the number of a pull request, or its stack: 7 or pr-7",
        });
    }
    if (named !== undefined && wanted.replace(/^pr-/, "") !== named) {
        throw new UsageError(`${wanted} is not the stack of pull request ${named}`, {
            fix: `name one of both: ${wanted} as the argument, or --pull-request ${named} (DATA_PLATFORM_PULL_REQUEST)`,
        });
    }
    return wanted;
}

function none(args: string[]): void {
    if (args.length > 0) throw new UsageError(`nothing is done with ${args.join(" ")}`);
}

/** Loaded when it is needed, because its libraries take their time. */
function work() {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
    return require("../actions/ephemeral") as typeof import("../actions/ephemeral");
}

function sweeping() {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
    return require("../actions/sweep") as typeof import("../actions/sweep");
}
