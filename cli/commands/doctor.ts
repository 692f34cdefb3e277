import type { Command } from "commander";

import { command, stackOption } from "../command";
import { UsageError } from "../../lib/errors";
import { CommandResult } from "../../lib/exit-codes";
import { engineOption } from "../options";
import type { DoctorFlags } from "../actions/doctor";

/** `data-platform doctor`: what would keep an update from going well. */
export function doctorCommand(): Command {
    return command<DoctorFlags>("doctor", run, ["done", "failed", "usage", "found", "warnings"])
        .summary("look for what would keep an update of a stack from going well; changes nothing")
        .description(
            `Looks at this machine, the stack's config and state, and the cluster, before an update: rights, storage, definitions,
webhooks, Helm releases, locks, namespaces, room, and whether charts and images can be had. Each finding has an id, which
docs/recovery.md explains, and the command that mends it. Changes nothing.

  data-platform doctor --stack dev`,
        )
        .usage("--stack <name> [--offline] [--strict] [--short]")
        .addOption(stackOption())
        .option("--offline", "leave out what needs a network beside the cluster: charts, definitions, images")
        .option("--strict", "let warnings count as errors: they end it with 3, too")
        .option("--short", "say only what isn't well")
        .option("--kubeconfig <file>", "the kubeconfig (default: as kubectl has it)")
        .option("--context <name>", "its context (default: kubernetes.context of the stack, else the current one)")
        .addOption(engineOption());
}

async function run(flags: DoctorFlags, rest: string[]): Promise<CommandResult> {
    if (rest.length > 0) throw new UsageError(`nothing is done with ${rest.join(" ")}`);
    const { stack } = flags;
    if (!stack) throw new UsageError("--stack missing", { allowed: "data-platform doctor --stack <name>" });
    // Loaded when it is needed, because its libraries take their time.
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
    const { examine } = require("../actions/doctor") as typeof import("../actions/doctor");
    return examine({ ...flags, stack });
}
