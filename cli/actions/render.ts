import { resolve } from "node:path";

import { Rendered, RenderOptions, renderStack } from "../../render/manifests";
import { checkTarget, writeTree } from "../../render/write";
import { step } from "../../lib/progress";
import { CommandResult } from "../../lib/exit-codes";
import type { CommonFlags } from "../command";
import type { ChartSource } from "../../render/chart-source";

export interface RenderFlags extends CommonFlags {
    stack?: string;
    out?: string;
    charts: ChartSource;
    allowMissingCharts?: boolean;
    diff?: boolean;
    exitCode?: boolean;
    full?: boolean;
}

/** Renders a stack to a directory. */
export async function renderTo({
    out,
    ...options
}: Pick<RenderOptions, "stack" | "charts" | "allowMissing"> & { out: string }): Promise<CommandResult> {
    const target = resolve(out);
    await checkTarget(target);
    return step(`Render the stack ${options.stack}`, async (note) => {
        const rendered = await renderStack({ ...options, note, definitions: "whole" });
        await writeTree(target, rendered);
        return answerOf(rendered, out);
    });
}

function answerOf({ stack, tree, releases, missing }: Rendered, out: string): CommandResult {
    const byValues = releases.filter(({ rendered }) => !rendered).map(({ name }) => name);
    const lines = [
        `${tree.size} objects of the stack ${stack} are in ${out}`,
        ...(byValues.length > 0 ? [`not rendered, there by their values: ${byValues.join(", ")}`] : []),
        ...(missing.length > 0 ? ["missing, because it can't be reached:"] : []),
        ...missing.flatMap(({ key, what, address, reason }) => [`  ${key}: ${what}, ${address}`, `      ${reason}`]),
    ];
    return {
        text: lines.join("\n"),
        json: { stack, directory: out, objects: [...tree.keys()], releases, missing },
    };
}
