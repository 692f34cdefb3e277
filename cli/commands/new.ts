import { type Command, Option } from "commander";

import { CommandLine } from "../../lib/command-line";
import type { NewWorkloadFlags } from "../actions/new";
import { command } from "../command";

/** `data-platform new`: the beginnings of what a team adds. */
export function newCommand(): Command {
    return new CommandLine("new")
        .summary("begin a workload of the team's own")
        .description(
            "Begins what a team adds to the platform.\n\n  data-platform new workload daily-report --kind cronjob",
        )
        .addCommand(workloadCommand())
        .showHelpAfterError("(data-platform new --help tells more)");
}

function workloadCommand(): Command {
    return command<NewWorkloadFlags>("workload", (flags, args) => {
        // Loaded when it is needed, because its libraries take their time.
        // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
        const { beginWorkload } = require("../actions/new") as typeof import("../actions/new");
        return beginWorkload(flags, args);
    })
        .summary("write program, image, test, declaration and DAG of a workload")
        .description(
            `Writes the files of a workload into the checkout and adds it to workloads/own/index.ts. They pass lint and tests as they are;
docs/own-workload.md says what to change. No file that is there is touched.`,
        )
        .argument("<name>", "of the workload, its folder, image and DAG: lower-case letters, digits and dashes")
        .addOption(
            new Option(
                "--kind <kind>",
                "task: a pod that a DAG starts; cronjob: by a schedule; service: all the time; spark: a job that a DAG starts",
            )
                // As operations/new-workload/names.ts has them; a test compares.
                .choices(["task", "cronjob", "service", "spark"])
                .makeOptionMandatory(),
        )
        .showHelpAfterError("(data-platform new workload --help tells more)");
}
