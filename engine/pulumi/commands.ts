import { delimiter, dirname } from "node:path";

/** Environment of every command that a program starts, whatever backend it is about. */
export function driven(pulumi: string, path = process.env.PATH ?? ""): Record<string, string> {
    return {
        PULUMI_SKIP_UPDATE_CHECK: "true",
        // The types were checked by `make lint`; here it costs seconds.
        PULUMI_NODEJS_TRANSPILE_ONLY: "true",
        // Without it the CLI hides --event-log, which it offers to programs that drive it.
        PULUMI_DEBUG_COMMANDS: "true",
        // The language host lies beside the CLI.
        PATH: [dirname(pulumi), path].join(delimiter),
    };
}

/** It asks nothing and paints nothing. */
export const plain = ["--non-interactive", "--color", "never"];

/** Operation that changes a whole stack, or previews the change. */
export type Operation = "preview" | "up" | "destroy" | "refresh";

/** The arguments of an operation on the whole stack, whose events go to `eventLog`, one JSON object a line. */
export function operationArgs(
    operation: Operation,
    stack: string,
    eventLog: string,
    /** The stack file, where it isn't the checkout's own. */
    configFile?: string,
): string[] {
    return [
        operation,
        ...(operation === "preview" ? ["--diff"] : ["--yes", "--skip-preview", "--suppress-progress"]),
        ...["--stack", stack, "--event-log", eventLog],
        ...(configFile ? ["--config-file", configFile] : []),
        ...plain,
    ];
}
