import type { Command } from "commander";

import { command, type StackFlags, stackOption } from "../command";
import { UsageError } from "../../lib/errors";
import type { CommandResult } from "../../lib/exit-codes";

/** `data-platform stack`, for make: the name of a stack that the Pulumi CLI can be asked about. */
export function stackCommand(): Command {
    return command<StackFlags>("stack", run)
        .summary("print the name of a stack, if Pulumi can be asked about it")
        .description(
            "Prints the name alone of a stack that has a file which can be read, where the Pulumi CLI is at hand; says what is wrong otherwise. For make.",
        )
        .addOption(stackOption());
}

function run({ stack, organization }: StackFlags, rest: string[]): Promise<CommandResult> {
    if (rest.length > 0) throw new UsageError(`nothing is done with ${rest.join(" ")}`);
    if (!stack) throw new UsageError("--stack missing", { allowed: "data-platform stack --stack <name>" });
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded when it is needed, because its libraries take their time
    const { tellStack } = require("../actions/stack") as typeof import("../actions/stack");
    return tellStack(stack, organization);
}
