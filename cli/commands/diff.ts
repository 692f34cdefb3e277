import { Command, Option } from "commander";

import { chartSources } from "../../render/chart-source";
import { command } from "../command";
import { UsageError } from "../../lib/errors";
import { CommandResult } from "../../lib/exit-codes";
import type { DiffFlags } from "../actions/diff";

const formats: DiffFlags["format"][] = ["text", "markdown"];

/** `data-platform diff`: what the changes of this checkout mean for each stack. */
export function diffCommand(): Command {
    return command<DiffFlags>("diff", run, ["done", "failed", "usage", "found"])
        .summary("show what the changes of this checkout mean for each stack, before they are merged")
        .description(
            `Renders each stack twice, as it was where this branch left the one that it goes to, and as it is here, each by its own
program, and shows the difference. Needs neither a cluster nor a secret, and gives none to what it runs.

  data-platform diff
  data-platform diff --stack prod --base origin/main
  data-platform diff --format markdown --out comment.md --full-out rendered-diff`,
        )
        .option("--stack <name...>", "only these stacks (default: every one with a committed Pulumi.<name>.yaml)")
        .option("--base <ref>", "where the change goes to (default: origin's default branch, else main)")
        .addOption(
            new Option("--charts <form>", "configured: from where the stack says; directories: what is in the project")
                .choices(chartSources)
                .default("configured"),
        )
        .option("--allow-missing-charts", "a release whose chart can't be reached stands by its values")
        .addOption(
            new Option(
                "--format <form>",
                "text: for a terminal; markdown: the comment on a pull request, 65,000 bytes at most",
            )
                .choices(formats)
                .default("text"),
        )
        .option("--out <file>", "write it there instead of to standard output")
        .option("--full-out <directory>", "write all of it there: summary.md, diff.json, <stack>.diff")
        .option("--details-url <url>", "with markdown: where the whole comparison is to be found")
        .option("--exit-code", "end with 3 when something differs");
}

async function run(flags: DiffFlags, rest: string[]): Promise<CommandResult> {
    if (rest.length > 0)
        throw new UsageError(`nothing is done with ${rest.join(" ")}`, { allowed: "--stack <name>..." });
    const { detailsUrl } = flags;
    if (detailsUrl !== undefined && !(/^https?:\/\/\S{1,290}$/.test(detailsUrl) && URL.canParse(detailsUrl))) {
        throw new UsageError(`--details-url ${detailsUrl} is no address`, {
            allowed: "https://…, of 300 characters at most",
        });
    }
    // Loaded when it is needed, because its libraries take their time.
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
    const { diffStacks } = require("../actions/diff") as typeof import("../actions/diff");
    return diffStacks(flags);
}
