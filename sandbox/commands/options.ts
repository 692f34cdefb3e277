import { Option } from "commander";

import type { EngineChoice } from "../../engine/engine";
import { engineOption } from "../../engine/option";
import { stackNamed } from "../../program/stack-name";

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

/** Another stack, for a cluster that was made by other means. */
export const stackOptions = () => [
    new Option("--stack <name>", "the stack, by its file Pulumi.<name>.yaml")
        .default(sandboxStack)
        .argParser(stackNamed),
    new Option("--kubeconfig <file>", "another cluster than the sandbox's; images have to be there already"),
    engineOption(),
];
