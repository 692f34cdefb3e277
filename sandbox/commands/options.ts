import { Option } from "commander";

import { EngineChoice, engineChoices } from "../../engine/choose";

/** The stack that the sandbox carries. */
export const sandboxStack = "sandbox";

export interface EngineFlags {
    engine: EngineChoice;
}

export interface StackFlags extends EngineFlags {
    stack: string;
    /** Another cluster than the sandbox's. */
    kubeconfig?: string;
    adopt?: boolean;
    all?: boolean;
}

/** Which engine brings the program to the cluster. */
export const engineOption = () =>
    new Option(
        "--engine <engine>",
        "what applies the program: the Pulumi CLI, or the built-in engine; auto takes the CLI if it is at hand",
    )
        .choices(engineChoices)
        .default("auto")
        .env("DATA_PLATFORM_ENGINE");

/** Another stack, for a cluster that was made by other means. */
export const stackOptions = () => [
    new Option("--stack <name>", "the stack, by its file Pulumi.<name>.yaml").default(sandboxStack),
    new Option("--kubeconfig <file>", "another cluster than the sandbox's; images have to be there already"),
    engineOption(),
];
