import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../lib/errors";
import { BuiltinEngine } from "./builtin/engine";
import { PulumiEngine } from "./pulumi/local";
import { places } from "./pulumi/commands";
import { findPulumi } from "./pulumi/find";
import { State } from "./builtin/state";
import { project } from "../program/stack-config";
import { EngineTarget, Engine } from "./engine";

export const engineChoices = ["auto", "pulumi", "builtin"] as const;

export type EngineChoice = (typeof engineChoices)[number];

/**
 * The engine for a stack: the Pulumi CLI if it is at hand, else the built-in one; but a stack stays with the one that made it.
 *
 * @throws UserError when the one that is asked for, or that the stack belongs to, can't be used
 */
export function chooseEngine(target: EngineTarget, choice: EngineChoice, pulumi = findPulumi()): Engine {
    const owner = ownerOf(target);
    if (owner && choice !== "auto" && choice !== owner) {
        throw new UserError(`stack ${target.stack} was made with the engine "${owner}", which has to go on with it`, {
            where: target.dir,
            fix: `leave --engine ${choice} out, or first: sandbox/main.ts destroy --engine ${owner}`,
        });
    }
    const wanted = owner ?? (choice === "auto" ? (pulumi ? "pulumi" : "builtin") : choice);
    if (wanted === "builtin") return new BuiltinEngine(target);
    if (pulumi) return new PulumiEngine(pulumi, target);
    throw new UserError("the Pulumi CLI is not at hand", {
        allowed: "a program `pulumi` on the PATH, or one downloaded before under ~/.pulumi/versions",
        fix: owner
            ? "install it again; it has this stack's state"
            : "install it (npx pulumi version), or leave --engine out",
    });
}

/** The engine that has something of the stack in its state. */
function ownerOf({ dir, stack }: EngineTarget): "pulumi" | "builtin" | undefined {
    if (!State.load(dir, stack).empty) return "builtin";
    const file = join(places(dir, stack).backend, ".pulumi", "stacks", project, `${stack}.json`);
    return existsSync(file) && holdsResources(readFileSync(file, "utf8")) ? "pulumi" : undefined;
}

/** Whether a state of the CLI's has anything in it. After a `destroy` the CLI keeps the file, without resources. */
function holdsResources(text: string): boolean {
    try {
        const { checkpoint } = JSON.parse(text) as {
            checkpoint?: { latest?: { resources?: unknown[] | null; pending_operations?: unknown[] | null } };
        };
        const { resources, pending_operations: pending } = checkpoint?.latest ?? {};
        return (resources ?? []).length + (pending ?? []).length > 0;
    } catch {
        // What can't be read is not to be written over by another engine.
        return true;
    }
}
