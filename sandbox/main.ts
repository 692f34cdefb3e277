import { type Command, Option } from "commander";

import { buildCommand, downCommand, statusCommand } from "./commands/node";
import { kindCommand, kindDownCommand } from "./commands/kind";
import { openCommand } from "./commands/open";
import { stackOptions } from "./commands/options";
import { runCommand } from "./commands/run";
import { destroyCommand, outputsCommand, previewCommand, upCommand } from "./commands/stack";
import { timelineCommand } from "./commands/timeline";
import { engineOption } from "../engine/option";
import { CommandLine, runCommandLine } from "../lib/command-line";

const adopt = new Option(
    "--adopt",
    "take over objects and fields that somebody else made, instead of refusing (built-in engine)",
);

const program = new CommandLine("sandbox")
    .description("A one-node Kubernetes on this machine, and the data platform in it.")
    .addHelpText(
        "after",
        `
What is built is kept in $DATA_PLATFORM_CACHE (default ~/.cache/data-platform), what runs is in
$DATA_PLATFORM_SANDBOX_DIR (default /var/lib/data-platform-sandbox). The same by make: make help.`,
    )
    .showHelpAfterError();

program
    .command("run")
    .description(
        "bring up the cluster, the platform in it, and run the sample to its numbers; keeps what is there already",
    )
    .option("--again", "run the DAG although it has succeeded before and nothing has changed since")
    .addOption(engineOption())
    .action(runCommand);

withStackOptions(program.command("preview"))
    .description("show what an update would change; changes nothing")
    .option("--all", "show what stays the same too")
    .addOption(adopt)
    .action(previewCommand);
withStackOptions(program.command("up"))
    .description("bring the cluster to what the program declares")
    .addOption(adopt)
    .action(upCommand);
withStackOptions(program.command("destroy"))
    .description("delete everything that the stack has made; the cluster stays")
    .action(destroyCommand);
withStackOptions(program.command("outputs"))
    .description("print the stack's outputs as JSON; secret ones masked")
    .action(outputsCommand);

program
    .command("kind")
    .description("bring up a cluster by kind in Docker, the platform in it by the Pulumi CLI, and run the sample")
    .option("--again", "run the DAG although it has succeeded before and nothing has changed since")
    .action(kindCommand);
program
    .command("kind-down")
    .description("delete the cluster of kind's, with its volumes, its state and Pulumi.kind.yaml")
    .action(kindDownCommand);
program
    .command("open")
    .description("serve the pages of Airflow, MLflow and MinIO on localhost, until Ctrl-C")
    .addOption(engineOption())
    .action(openCommand);
program.command("status").description("say what of the sandbox runs").action(statusCommand);
program
    .command("timeline")
    .description("say what the latest update of the sandbox's stack has waited for, and when each pod was there")
    .action(timelineCommand);
program.command("build").description("build programs and images into the cache, start nothing").action(buildCommand);
program
    .command("down")
    .description("stop the sandbox and remove all that it left, but for the cache")
    .action(downCommand);

function withStackOptions(command: Command): Command {
    for (const option of stackOptions()) command.addOption(option);
    return command;
}

// Nothing that is still open, such as a kept connection, may hold the process.
void runCommandLine(program).then(() => process.exit());
