import { existsSync } from "node:fs";

import { UserError } from "../../lib/errors";
import type { Engine, OperationOptions } from "../../engine/engine";
import { teardown, TeardownReport } from "../teardown";
import { Clusters } from "./clusters";
import { removeStackFile, restoreStackFile } from "./template";

export interface DestroyTarget extends OperationOptions {
    backend: Engine;
    clusters: Clusters;
    stack: string;
    /** Template of the stack's file where that is missing. */
    template: string;
    /** Milliseconds. @default 20 minutes */
    timeout?: number;
}

/**
 * Destroys a short-lived stack with all that is in it, and the stack itself when nothing of it is left in the cluster. Nothing to do
 * where there is none.
 *
 * @throws UserError when something of it is still there
 */
export async function destroyStack(target: DestroyTarget): Promise<TeardownReport> {
    const { backend, clusters, stack, template, timeout = 20 * 60_000, print, note, signal } = target;
    if (existsSync(template)) await restoreStackFile(stack, template);
    const { kube, why } = await clusters.of(stack);
    const report = await teardown({
        ...{ backend, stack, kube, unreachable: why },
        options: { remove: true, timeout, print, note, signal },
    });
    if (report.notRemoved) {
        throw new UserError(`the stack ${stack} stays: ${report.notRemoved}`, {
            evidence: [...report.left, ...report.kept].map(({ object, why: reason }) => `${object}: ${reason}`),
            fix: `data-platform teardown --stack ${stack} says more of it`,
        });
    }
    await removeStackFile(stack);
    return report;
}
