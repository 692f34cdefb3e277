import { runtime } from "@pulumi/pulumi";

import { UserError } from "../lib/errors";
import type { ProgramOptions, ProgramResult } from "./types";
import { project } from "./stack-config";

/** A stack's view of another one's outputs. */
export const referenceType = "pulumi:pulumi:StackReference";

/** The name of a stack without organization and project. @throws UserError when it is a stack of another project */
export function stackOfReference(reference: string): string {
    const [stack, of = project] = reference.split("/").reverse();
    if (of !== project) {
        throw new UserError(
            `the stack ${reference} belongs to another project; its outputs are known to the engine only`,
            {
                allowed: `organization/${project}/<stack>`,
            },
        );
    }
    return stack;
}

/** Evaluates a program; `runProgram`, which itself needs what is here. */
type Evaluate = (options: ProgramOptions) => Promise<ProgramResult>;

/** The resource that a reference is in the engine: all outputs of the stack, and which of them are secret. */
export async function referencedStack(
    reference: string,
    options: ProgramOptions,
    evaluate: Evaluate,
): Promise<Record<string, unknown>> {
    const stack = stackOfReference(reference);
    const outputsOf = options.stackOutputs ?? ((name) => evaluated(name, options, evaluate));
    const { outputs, secretOutputs } = await outputsOf(stack);
    return { name: reference, outputs, secretOutputNames: secretOutputs };
}

/** The outputs that the program of another stack of this project would give. */
async function evaluated(stack: string, options: ProgramOptions, evaluate: Evaluate): Promise<ProgramResult> {
    const referredBy = [...(options.referenceChain ?? []), options.stack];
    if (referredBy.includes(stack)) {
        throw new UserError(`stacks refer to each other in a circle: ${[...referredBy, stack].join(" -> ")}`, {
            where: "cluster.stack",
            fix: "name the stack that has the cluster plane (cluster.mode install)",
        });
    }
    const { program, transformConfig: adapt } = options;
    return evaluate({
        ...{ stack, program, transformConfig: adapt, referenceChain: referredBy },
        offline: true,
        handler: ({ name, inputs }) => Promise.resolve({ id: name, outputs: { ...inputs, result: "" } }),
    });
}

/** State of an object that is only read, as known without a cluster: its name. */
export function readState({
    id = "",
    inputs,
}: Pick<runtime.MockResourceArgs, "id" | "inputs">): Record<string, unknown> {
    const [name, namespace] = id.split("/").reverse();
    return { metadata: { name, ...(namespace ? { namespace } : {}) }, ...(inputs as Record<string, unknown>) };
}
