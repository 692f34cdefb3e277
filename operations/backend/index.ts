import { join } from "node:path";

import { State } from "../../sandbox/apply/state";
import { stateDir } from "../../sandbox/lib/paths";
import type { Backend } from "../contracts";
import { BuiltinBackend } from "./builtin";
import { PulumiBackend } from "./pulumi";
import { Tags } from "./tags";

export { BuiltinBackend } from "./builtin";
export { StackLocked } from "../contracts";

export const engines = ["auto", "pulumi", "builtin"] as const;
export type EngineName = (typeof engines)[number];

export interface BackendOptions {
    /** `auto`: a stack that the built-in engine has made stays with it; all else is the Pulumi CLI's. @default auto */
    engine?: EngineName;
    /** The stack that it is about, if it is about one. */
    stack?: string;
}

/**
 * Opens the place where stacks live.
 *
 * @throws UserError when the Pulumi CLI is wanted and can't be had
 */
export async function openBackend({ engine = "auto", stack }: BackendOptions = {}): Promise<Backend> {
    const dir = stateDir();
    const isBuiltin = engine === "builtin" || (engine === "auto" && stack !== undefined && hasBuiltin(dir, stack));
    return isBuiltin ? new BuiltinBackend({ dir }) : PulumiBackend.open();
}

function hasBuiltin(dir: string, stack: string): boolean {
    return !State.load(dir, stack).empty || new Tags(join(dir, "apply")).read(stack) !== undefined;
}
