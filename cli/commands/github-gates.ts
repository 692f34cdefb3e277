import { type Command, Option } from "commander";

import { command } from "../command";
import { UsageError } from "../../lib/errors";
import type { ProtectionFlags, CommitFlags, ProposeFlags, ReleaseFlags } from "../actions/github-gates";

type Work = typeof import("../actions/github-gates");

/** Loaded when it is needed, because its libraries take their time. */
// eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
const work = () => require("../actions/github-gates") as Work;

/** Parts of `data-platform github` that stand before a deployment, and what proposes a change. */
export const gates = (): Command[] => [protection(), commit(), propose(), release()];

const several = (name: string, what: string) =>
    new Option(`--${name} <environment>`, what)
        .argParser((text: string, before: string[]) => [...before, text])
        .default([] as string[], "none");

function protection(): Command {
    return command<ProtectionFlags>("protection", (flags, rest) => {
        nothing(rest);
        if (flags.environment.length + flags.reviewed.length === 0)
            throw new UsageError("which environments?", { allowed: "--environment <name>, --reviewed <name>" });
        return work().checkProtection(flags);
    })
        .summary("refuse to go on where an environment of the repository isn't protected")
        .description(
            `Asks GitHub whether environments are there and only the default branch may use them, with \`--reviewed\` whether somebody has to
approve their jobs as well. GitHub makes an environment that isn't there when a job names it, and then everybody may use it.

The token needs \`actions: read\`.`,
        )
        .addOption(several("environment", "one that only the default branch may use; may be given again"))
        .addOption(several("reviewed", "one whose jobs somebody has to approve, besides; may be given again"))
        .addOption(
            new Option(
                "--open-secrets <names>",
                "names of secrets that a job without an environment can see: each is one too many",
            ).env("DATA_PLATFORM_OPEN_SECRETS"),
        );
}

function commit(): Command {
    return command<CommitFlags>("commit", (flags, rest) => {
        nothing(rest);
        return work().tellCommit(flags);
    })
        .summary("say which commit is to be deployed; refuse one that isn't merged")
        .description(
            `Finds the commit of a branch, tag or hash, refuses it unless it is on the default branch, and writes it to the step's output
\`commit\` (GITHUB_OUTPUT).`,
        )
        .addOption(new Option("--ref <ref>", "a commit, tag or branch").env("DATA_PLATFORM_REF").makeOptionMandatory());
}

function propose(): Command {
    return command<ProposeFlags>("propose", (flags, rest) => {
        nothing(rest);
        return work().proposeChange(flags);
    })
        .summary("leave one pull request with what has changed in the checkout")
        .requiredOption("--branch <branch>", "a branch for this alone; what it has is replaced")
        .requiredOption("--title <title>", "of the pull request, and of the commit")
        .requiredOption("--body <text>", "what the pull request says, in Markdown");
}

function release(): Command {
    return command<ReleaseFlags>("release", (flags, rest) => {
        nothing(rest);
        return work().publishRelease(flags);
    })
        .summary("put files beside the release of a tag")
        .description(
            "Makes the release of a tag where there is none, and puts files beside it; one of the same name is replaced.",
        )
        .addOption(new Option("--tag <tag>", "the tag, which is there").env("DATA_PLATFORM_TAG").makeOptionMandatory())
        .addOption(
            new Option("--asset <file>", "a file; may be given again")
                .argParser((text: string, before: string[]) => [...before, text])
                .default([] as string[], "none"),
        )
        .requiredOption("--body-file <file>", "what a new release says, in Markdown");
}

function nothing(rest: string[]): void {
    if (rest.length > 0) throw new UsageError(`nothing is done with ${rest.join(" ")}`);
}
