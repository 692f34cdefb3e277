import { existsSync } from "node:fs";
import { join } from "node:path";

import { UserError } from "../lib/errors";
import { stateDir } from "../lib/paths";
import { namesPrepared, readStackConfig, stackFile } from "../program/stack-config";
import { prepareCharts } from "../tools/charts";
import { BuiltinEngine } from "./builtin/engine";
import { State } from "./builtin/state";
import { names, Tags } from "./builtin/tags";
import type { Engine, EngineChoice, EngineName } from "./engine";
import { PulumiEngine } from "./pulumi/engine";
import { findPulumi } from "./pulumi/find";
import { holdsStack } from "./pulumi/local";

export interface OpenOptions {
    /**
     * `pulumi`: the Pulumi CLI. `builtin`: the built-in engine. `auto`: the one that has made the stack; for a new stack the CLI, but
     * on a local cluster only if it is at hand. What is about no one stack is the CLI's, unless only the built-in engine is at hand
     * and has stacks.
     * @default auto
     */
    engine?: EngineChoice;
    /** The stack that it is about, if it is about one. */
    stack?: string;
    /** Organization of Pulumi Cloud that the stack is of, where its name says one. */
    organization?: string;
    /** A cluster such as the sandbox's, whose stacks either engine keeps in a directory. @default where the CLI is logged in to */
    local?: { kubeconfig: string; dir: string };
    /** The CLI's program, for a local cluster. @default the one at hand */
    pulumi?: string;
}

/**
 * Opens the engine that has a stack, or shall have it.
 *
 * @throws UserError when the one that is wanted can't be had, isn't logged in, or isn't the one that has the local stack
 */
export async function openEngine(options: OpenOptions = {}): Promise<Engine> {
    const { engine = "auto", stack, organization, local, pulumi = findPulumi() } = options;
    const dir = local?.dir ?? stateDir();
    const owner = ownerOf(dir, options);
    if (local && owner && engine !== "auto" && engine !== owner) {
        throw new UserError(`stack ${stack} was made with the engine "${owner}", which has to go on with it`, {
            where: dir,
            fix: `leave --engine ${engine} out, or first: sandbox/main.ts destroy --engine ${owner}`,
        });
    }
    const usual = local && !pulumi ? "builtin" : "pulumi";
    const wanted = engine === "auto" ? (owner ?? usual) : engine;
    if (wanted === "builtin") return new BuiltinEngine({ dir, kubeconfig: local?.kubeconfig });
    if (!local) return PulumiEngine.open({ prepare, organization });
    if (pulumi) return PulumiEngine.local(local, { pulumi, prepare });
    throw new UserError("the Pulumi CLI is not at hand", {
        allowed: "a program `pulumi` on the PATH, or one downloaded before under ~/.pulumi/versions",
        fix: owner
            ? "install it again; it has this stack's state"
            : "install it (npx pulumi version), or leave --engine out",
    });
}

/** The engine that has a stack, as far as it is seen here; where none is named, the built-in one if it has any and the CLI isn't at hand. */
function ownerOf(dir: string, { stack, local }: OpenOptions): EngineName | undefined {
    const apply = join(dir, "apply");
    const tags = new Tags(apply);
    const isBuiltin =
        stack === undefined
            ? findPulumi() === undefined && names(apply).length + tags.stacks().length > 0
            : // Only elsewhere may an empty stack not be begun by another engine: it has tags that are of use.
              !State.load(dir, stack).empty || (!local && tags.read(stack) !== undefined);
    if (isBuiltin) return "builtin";
    return local && stack !== undefined && holdsStack(dir, stack) ? "pulumi" : undefined;
}

/** Fetches what the stack's program expects in the checkout. */
async function prepare(stack: string): Promise<void> {
    const file = stackFile(stack);
    if (existsSync(file) && namesPrepared(readStackConfig(file))) await prepareCharts();
}
