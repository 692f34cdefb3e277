import { type Command, InvalidArgumentError } from "commander";

import { command, stackOption } from "../command";
import { UsageError } from "../../lib/errors";
import { CommandResult } from "../../lib/exit-codes";
import { engineOption } from "../options";
import type { TeardownFlags } from "../actions/teardown";

/** `data-platform teardown`: destroys a stack, and says what is left and whose it is. */
export function teardownCommand(): Command {
    return command<TeardownFlags>("teardown", run, ["done", "failed", "usage"])
        .summary("destroy a stack in the right order, and say what is left and whose it is")
        .description(
            `Deletes what a stack has made: first what its operators have to let go, then the rest, with a bound on each wait. What the
stack's retention keeps stays. What doesn't go in its time is named, with what holds it and what helps. Run again, it ends with 0.

  data-platform teardown --stack dev --dry-run
  data-platform teardown --stack dev`,
        )
        .addOption(stackOption())
        .addOption(engineOption())
        .option("--yes", "don't ask")
        .option("--dry-run", "only say what would go and what would stay; ends with 1 when it would be refused")
        .option("--timeout <minutes>", "for the whole; a single object has 5 minutes at most", minutes, 60)
        .option(
            "--clear-finalizers",
            "take known finalizers of operators that don't run off objects of this stack that are being deleted",
        )
        .option("--cluster-gone", "the cluster is gone for good: save the state, then forget what was on it")
        .option("--keep-protected", "leave what is protected, and what it needs, and delete the rest")
        .option("--unprotect", "take the protection off first, and delete that too")
        .option("--remove", "remove the stack itself too, once nothing of it is left in the cluster");
}

function minutes(text: string): number {
    const number = Number(text);
    if (!/^\d+(\.\d+)?$/.test(text) || number <= 0) throw new InvalidArgumentError("minutes, more than 0.");
    return number;
}

async function run(flags: TeardownFlags, rest: string[]): Promise<CommandResult> {
    const { stack, keepProtected, unprotect } = flags;
    if (rest.length > 0) throw new UsageError(`nothing is done with ${rest.join(" ")}`, { fix: "--stack <name>" });
    if (!stack) throw new UsageError("--stack missing", { allowed: "data-platform teardown --stack <name>" });
    if (keepProtected && unprotect) {
        throw new UsageError("--keep-protected and --unprotect say the opposite", { fix: "leave one of them out" });
    }
    // Loaded when it is needed, because its libraries take their time.
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
    const { teardownStack } = require("../actions/teardown") as typeof import("../actions/teardown");
    return teardownStack({ ...flags, stack });
}
