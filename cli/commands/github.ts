import { type Command, InvalidArgumentError, Option } from "commander";

import { command, CommonFlags, stackOption } from "../command";
import { CommandLine } from "../../lib/command-line";
import { UsageError } from "../../lib/errors";
import { CommandResult } from "../../lib/exit-codes";
import { gates } from "./github-gates";
import type { CommentFlags, PullRequestsFlags, IssueFlags, SummaryFlags, LastRunFlags } from "../actions/github";

type Work = typeof import("../actions/github");

/** Loaded when it is needed, because its libraries take their time. */
// eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
const work = () => require("../actions/github") as Work;

/** `data-platform github`: what the workflows do on GitHub. */
export function githubCommand(): Command {
    const group = new CommandLine("github")
        .summary("what the workflows do on GitHub: comments, issues, summaries")
        .description(
            `What the workflows do on GitHub. GITHUB_TOKEN, GITHUB_REPOSITORY and, for a server of one's own, GITHUB_API_URL say where
and as whom; in a workflow only GITHUB_TOKEN has to be given.`,
        )
        .showHelpAfterError("(data-platform github --help tells more)");
    for (const part of [comment(), pullRequests(), issue(), summary(), login(), lastRun(), ...gates()]) {
        part.showHelpAfterError(`(data-platform github ${part.name()} --help tells more)`);
        group.addCommand(part);
    }
    return group;
}

const whole = (what: string) => (text: string) => {
    if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
    throw new InvalidArgumentError(`That is no ${what}.`);
};

const markerOption = () =>
    new Option("--marker <name>", "what it is about: the first line of the body says so, and by it we find it again")
        .makeOptionMandatory()
        .argParser((text: string) => {
            if (/^[a-z][a-z0-9-]{0,39}$/.test(text)) return text;
            throw new InvalidArgumentError("Lower-case letters, digits and dashes are allowed.");
        });

function comment(): Command {
    return command<CommentFlags>("comment", run)
        .summary("leave one comment on a pull request, edited in place")
        .description(
            `Leaves exactly one comment of ours with the marker on a pull request: makes it, or edits it in place. Comments of others stay.

  data-platform github comment --number 7 --marker diff --body-file comment.md

A fork's run may not comment. What it left as an artifact is posted by another workflow, which trusts neither the file nor what it
says of itself: the pull request is the one whose newest commit it is, and what the project would not have written is made harmless.

  data-platform github comment --commit <hash> --marker diff \\
      --artifact comment.md`,
        )
        .usage(
            "(--number <n> | --commit <hash>) --marker <name> (--body-file <file> | --text <text> | --artifact <file>)",
        )
        .addOption(
            new Option("--number <n>", "the pull request")
                .env("DATA_PLATFORM_PULL_REQUEST")
                .argParser(whole("number of a pull request")),
        )
        .addOption(
            new Option(
                "--commit <hash>",
                "instead of the number: every open pull request whose newest commit it is",
            ).env("DATA_PLATFORM_COMMIT"),
        )
        .addOption(markerOption())
        .option("--body-file <file>", "what it says, in Markdown, at most 65,000 bytes")
        .option("--text <text>", "what it says; a link to the run is added")
        .option("--artifact <file>", "what it says, by somebody whom nobody has to trust");

    function run(flags: CommentFlags, rest: string[]): Promise<CommandResult> {
        nothing(rest);
        const given = [flags.bodyFile, flags.text, flags.artifact].filter((each) => each !== undefined);
        if (given.length !== 1) {
            throw new UsageError("what is the comment to say?", {
                allowed: "one of --body-file, --text and --artifact",
            });
        }
        if ((flags.number === undefined) === (flags.commit === undefined))
            throw new UsageError("which pull request?", { allowed: "one of --number and --commit" });
        return work().postComment(flags);
    }
}

function pullRequests(): Command {
    return command<PullRequestsFlags>("pull-requests", (flags, rest) => {
        nothing(rest);
        return work().listPullRequests(flags);
    })
        .summary("list the open pull requests, or those with a label")
        .option("--label <label>", "only those that carry it")
        .option("--out <file>", "write their numbers there, as a list in JSON");
}

function issue(): Command {
    return command<IssueFlags>("issue", (flags, rest) => {
        nothing(rest);
        if (!flags.close && !(flags.title && flags.bodyFile))
            throw new UsageError("what is the issue to say?", { allowed: "--title and --body-file, or --close" });
        return work().postIssue(flags);
    })
        .summary("leave one open issue, edited in place, or close it")
        .usage("--marker <name> (--title <title> --body-file <file> | --close [--body-file <file>])")
        .addOption(markerOption())
        .option("--title <title>", "its title")
        .option("--body-file <file>", "what it says, in Markdown, at most 65,000 bytes")
        .option("--close", "all is well: close it; fine when there is none");
}

function summary(): Command {
    return command<SummaryFlags>("summary", run)
        .summary("show a file, or what a program says, in the summary of the step")
        .description(
            `Adds a Markdown file to the summary of the running step (GITHUB_STEP_SUMMARY), or runs a program, shows what it says as it
comes, and adds all of it. Ends as the program does: with its code from 0 to 4, else with 1.

  data-platform github summary --file summary.md
  data-platform github summary --title "Plan of dev" -- make plan STACK=dev`,
        )
        .usage("--file <file> | --title <title> [--fine <code>] -- <program> [arguments...]")
        .argument("[program...]", "what to run")
        .option("--title <title>", "the headline of what the program says")
        .option("--file <file>", "Markdown to add instead")
        .addOption(
            new Option("--fine <code>", "an exit code of the program that is as good as 0; may be given again")
                .argParser((text: string, before: number[]) => [...before, whole("exit code")(text)])
                .default([] as number[], "none"),
        );

    function run(flags: SummaryFlags, program: string[]): Promise<CommandResult> {
        if (Boolean(flags.file) === program.length > 0)
            throw new UsageError("what is to be shown?", { allowed: "--file <file>, or a program after --" });
        if (program.length > 0 && !flags.title)
            throw new UsageError("--title missing", { allowed: 'e.g. --title "Plan of dev"' });
        return work().showSummary(flags, program);
    }
}

function login(): Command {
    return command<CommonFlags & { stack?: string }>("login", (flags, rest) => {
        nothing(rest);
        // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded when it is needed, as above
        const { logIn } = require("../actions/github-login") as typeof import("../actions/github-login");
        return logIn(flags);
    })
        .summary("make a job ready to run Pulumi: what is missing, and the kubeconfig")
        .description(
            `Says which variable or secret of the repository is missing for Pulumi (PULUMI_BACKEND_URL, and PULUMI_CONFIG_PASSPHRASE unless
the stack's file names a key), and writes the kubeconfig in KUBECONFIG_DATA to a file of this job, which the steps after it find as
KUBECONFIG.`,
        )
        .addOption(stackOption());
}

function lastRun(): Command {
    return command<LastRunFlags>(
        "last-run",
        (flags, rest) => {
            nothing(rest);
            return work().tellLastRun(flags);
        },
        ["done", "failed", "usage", "warnings"],
    )
        .summary("say when a workflow last ended well")
        .requiredOption("--workflow <file>", "its file below .github/workflows, e.g. sweep.yml")
        .option("--event <event>", "only runs that were started by this, e.g. schedule")
        .addOption(
            new Option("--within <hours>", "end with 4 when it was longer ago").argParser(whole("number of hours")),
        );
}

function nothing(rest: string[]): void {
    if (rest.length > 0) throw new UsageError(`nothing is done with ${rest.join(" ")}`);
}
