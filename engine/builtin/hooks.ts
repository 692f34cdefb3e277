import type { Operation } from "../../kubernetes/diff";
import { withCluster } from "../../kubernetes/in-force";
import type { Hook } from "../../program/hooks";
import type { ResourceRequest, ResourceResult } from "../../program/program";
import type { Context, Made, ResourceHandler } from "./context";

/**
 * Makes a resource with the program's own work before and after, as the Pulumi CLI does it: only where the resource is created or
 * changed, and never in a preview. Work before it that fails leaves the resource as it was.
 */
export async function applyWithHooks(
    handler: ResourceHandler,
    request: ResourceRequest,
    context: Context,
): Promise<Made> {
    const { hooks } = request;
    if (!hooks || context.preview) return handler.apply(request, context);
    const { operation } = await handler.apply(request, { ...context, preview: true });
    const [before, after] = hooksFor(operation, hooks);
    await runAll(before, request, context);
    const made = await handler.apply(request, context);
    await runAll(after, request, context, made.result);
    return made;
}

function hooksFor(operation: Operation, hooks: NonNullable<ResourceRequest["hooks"]>): [Hook[], Hook[]] {
    if (operation === "create" || operation === "replace") return [hooks.beforeCreate, hooks.afterCreate];
    return operation === "update" ? [hooks.beforeUpdate, hooks.afterUpdate] : [[], []];
}

async function runAll(
    hooks: Hook[],
    { urn, name, type, inputs }: ResourceRequest,
    context: Context,
    made?: ResourceResult,
): Promise<void> {
    for (const hook of hooks) {
        const progress = (which: string, text: string) => context.progress(`${name} (${which})`, text);
        await withCluster({ ...context, progress }, () =>
            hook.run({
                ...{ urn, name, type, newInputs: inputs, id: made?.id ?? "" },
                ...(made ? { newOutputs: made.outputs } : {}),
            }),
        );
    }
}
