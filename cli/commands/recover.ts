import type { Command } from "commander";

import { command, stackOption } from "../command";
import { UsageError } from "../../lib/errors";
import { CommandResult } from "../../lib/exit-codes";
import { dryRunOption, engineOption, positive, yesOption } from "../options";
import type { RecoverFlags } from "../actions/recover";

/** `data-platform recover`: mends what a killed update has left. */
export function recoverCommand(): Command {
    return command<RecoverFlags>("recover", run, ["done", "failed", "usage", "found", "warnings"])
        .summary("mend what a killed update has left: locks, Helm releases, operations begun")
        .description(
            `Finds what keeps a stack from being updated after an update was killed, says what it will do and why that is safe, asks, and does it.
Saves the state first. Deletes no data and no object: only locks of the dead, Helm's own records, and the stack's state are
changed. What may still be alive is left alone. With --dry-run it ends with 3 when there is something to mend.

  data-platform recover --stack dev --dry-run
  data-platform recover --stack dev`,
        )
        .addOption(stackOption())
        .addOption(engineOption())
        .addOption(yesOption())
        .addOption(dryRunOption())
        .option(
            "--lock-is-dead",
            "you have made sure that whoever holds the lock is dead, where that can't be seen from here",
        )
        .option(
            "--timeout-age <minutes>",
            "whoever can't be seen counts as dead after so long; longer than your longest update (default: never)",
            positive,
        );
}

async function run(flags: RecoverFlags): Promise<CommandResult> {
    const { stack } = flags;
    if (!stack) throw new UsageError("--stack missing", { allowed: "data-platform recover --stack <name>" });
    // Loaded when it is needed, because its libraries take their time.
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
    const { recoverStack } = require("../actions/recover") as typeof import("../actions/recover");
    return recoverStack({ ...flags, stack });
}
