import { delimiter, dirname, join } from "node:path";

/** Where the CLI keeps what belongs to a stack of the sandbox; nothing of it is in the checkout. */
export interface Places {
    /** Directory of the backend, with state and locks. */
    backend: string;
    /** Password of the state's secrets, for its owner only. */
    passphraseFile: string;
    /** A project directory with nothing but a name, in which the CLI may write its stack file. */
    project: string;
    /** The stack file that updates use: the checkout's config, and the salt of the passphrase. */
    configFile: string;
}

/** The places of a stack under the sandbox's directory. */
export function places(dir: string, stack: string): Places {
    const root = join(dir, "pulumi");
    const project = join(root, "project");
    return {
        backend: join(root, "backend"),
        passphraseFile: join(root, "passphrase"),
        project,
        configFile: join(project, `Pulumi.${stack}.yaml`),
    };
}

/** The environment of every command. */
export function environment(pulumi: string, at: Places, kubeconfig: string, path: string): Record<string, string> {
    return {
        PULUMI_BACKEND_URL: `file://${at.backend}`,
        PULUMI_CONFIG_PASSPHRASE_FILE: at.passphraseFile,
        KUBECONFIG: kubeconfig,
        ...driven(pulumi, path),
    };
}

/** What every command needs that a program starts, whatever backend it is about. */
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

/** Makes the stack if there is none. Not in the checkout, where the CLI would write the salt into the stack file. */
export function selectArgs(at: Places, stack: string): string[] {
    return ["stack", "select", stack, "--create", "--secrets-provider", "passphrase", "--cwd", at.project, ...plain];
}

/** What changes a whole stack, or says what would change. */
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

/** The arguments that print the stack's outputs as JSON, secret ones masked by the CLI. */
export function outputArgs(at: Places, stack: string): string[] {
    return ["stack", "output", "--json", "--stack", stack, "--cwd", at.project, ...plain];
}
