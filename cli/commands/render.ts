import { Command, Option } from "commander";

import { chartSources } from "../../render/chart-source";
import { command, stackOption } from "../command";
import { UsageError } from "../../lib/errors";
import { CommandResult } from "../../lib/exit-codes";
import type { RenderFlags } from "../actions/render";

/** `data-platform render`: what a stack makes, as files; and how two such trees differ. */
export function renderCommand(): Command {
    return command<RenderFlags>("render", run, ["done", "failed", "usage", "found"])
        .summary("write every object that a stack makes, or compare two such trees")
        .description(
            `Writes every Kubernetes object that a stack makes, the inside of its Helm releases included, one file an object.
Needs neither a cluster nor the Pulumi CLI. Values of Secrets are masked.

  data-platform render --stack prod --out DIR
  data-platform render --diff BEFORE AFTER`,
        )
        .usage("--stack <name> --out <directory> | --diff <before> <after>")
        .argument("[directories...]", "with --diff: two directories that render wrote")
        .addOption(stackOption())
        .option("--out <directory>", "where to write; a directory that is not there, is empty, or was made by render")
        .addOption(
            new Option("--charts <form>", "configured: from where the stack says; directories: what is in the project")
                .choices(chartSources)
                .default("configured"),
        )
        .option("--allow-missing-charts", "a release whose chart can't be reached stands by its values")
        .option("--diff", "compare two rendered trees, by component")
        .option("--full", "with --diff: show the contents of what is added or removed, too")
        .option("--exit-code", "with --diff: end with 3 when they differ");
}

async function run(flags: RenderFlags, directories: string[]): Promise<CommandResult> {
    // Loaded when they are needed, because their libraries take their time.
    if (flags.diff) {
        // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
        const { diffDirectories } = require("../actions/render-diff") as typeof import("../actions/render-diff");
        return diffDirectories(directories, flags);
    }
    if (directories.length > 0)
        throw new UsageError(`nothing is done with ${directories.join(" ")}`, { fix: "--diff A B" });
    const { stack, out, charts, allowMissingCharts } = flags;
    if (!stack || !out) {
        throw new UsageError(`${[...(stack ? [] : ["--stack"]), ...(out ? [] : ["--out"])].join(" and ")} missing`, {
            allowed: "data-platform render --stack <name> --out <directory>, or --diff <before> <after>",
        });
    }
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
    const { renderTo } = require("../actions/render") as typeof import("../actions/render");
    return renderTo({ stack, out, charts, allowMissing: allowMissingCharts });
}
