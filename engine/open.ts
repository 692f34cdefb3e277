import { existsSync } from "node:fs";
import { join } from "node:path";

import { namesPrepared, readStackConfig, stackFile } from "../program/stack-config";
import { findPulumi } from "./pulumi/find";
import { State } from "./builtin/state";
import { prepareCharts } from "../tools/charts";
import { stateDir } from "../lib/paths";
import type { Backend } from "./backend";
import { BuiltinBackend } from "./builtin/backend";
import { PulumiBackend } from "./pulumi/backend";
import { names, Tags } from "./builtin/tags";

export { StackLocked } from "./backend";
export { BuiltinBackend } from "./builtin/backend";
export { PulumiBackend } from "./pulumi/backend";

export const engines = ["auto", "pulumi", "builtin"] as const;
export type EngineName = (typeof engines)[number];

export interface BackendOptions {
    /**
     * `pulumi`: the Pulumi CLI, with the backend that it is logged in to. `builtin`: the built-in engine's directory. `auto`: a
     * stack that the built-in engine has made stays with it, all else is the CLI's; what is about no one stack is the CLI's too,
     * unless only the built-in engine is at hand and has stacks.
     * @default auto
     */
    engine?: EngineName;
    /** The stack that it is about, if it is about one. */
    stack?: string;
}

/**
 * Opens the place where stacks live.
 *
 * @throws UserError when the Pulumi CLI is wanted and can't be had, or isn't logged in
 */
export async function openBackend({ engine = "auto", stack }: BackendOptions = {}): Promise<Backend> {
    const dir = stateDir();
    const isBuiltin = engine === "builtin" || (engine === "auto" && isKnown(join(dir, "apply"), dir, stack));
    return isBuiltin ? new BuiltinBackend({ dir }) : PulumiBackend.open({ prepare });
}

/** Whether the built-in engine has the stack, or, where none is named, any while the CLI isn't at hand. */
function isKnown(apply: string, dir: string, stack: string | undefined): boolean {
    const tags = new Tags(apply);
    if (stack !== undefined) return !State.load(dir, stack).empty || tags.read(stack) !== undefined;
    return findPulumi() === undefined && names(apply).length + tags.stacks().length > 0;
}

/** Fetches what the stack's program expects in the checkout. */
async function prepare(stack: string): Promise<void> {
    const file = stackFile(stack);
    if (existsSync(file) && namesPrepared(readStackConfig(file))) await prepareCharts();
}
