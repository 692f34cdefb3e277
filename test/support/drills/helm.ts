import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

import { run } from "../../../lib/exec";
import { repoRoot } from "../../../lib/paths";
import { tool } from "../../../tools";
import { helmRecords } from "../../../operations/recover/records";
import type { Bed } from "../../integration/bed";

/** The chart with one of each that matters to an interrupted Helm. */
export const tiny = "./test/integration/fixtures/charts/tiny";

/** Runs the real Helm on the bed to its end, and returns what it said, and whether it went well. */
export async function helm({ kubeconfig }: Bed, args: string[]): Promise<{ well: boolean; said: string }> {
    const all = { cwd: repoRoot, env: { KUBECONFIG: kubeconfig }, okCodes: [0, 1] };
    const { code, stdout, stderr } = await run(await tool("helm"), args, all);
    return { well: code === 0, said: stdout + stderr };
}

/** Runs the real Helm and kills it, hard, when its newest record of the release has a status: what a lost runner leaves. */
export async function killHelmAt(
    bed: Bed,
    [namespace, name]: [string, string],
    status: string,
    args: string[],
): Promise<void> {
    const env = { ...process.env, KUBECONFIG: bed.kubeconfig };
    const child = spawn(await tool("helm"), args, { cwd: repoRoot, env, stdio: "ignore" });
    await untilOrEnded(async () => (await statuses(bed, [namespace, name]))[0]?.endsWith(status), child);
    // The record is written before the first object is made; the hook, which is held, comes last.
    await untilOrEnded(async () => (await held(bed, namespace)) > 0, child);
    child.kill("SIGKILL");
    await once(child, "exit");
}

/** Counts pods of hooks that never come to an end. */
export async function held({ kube }: Bed, namespace: string): Promise<number> {
    const labels = "bed.data-platform.io/never-ready=true";
    const pods = await kube.list("v1", "Pod", { namespace, labels });
    return pods.filter(({ status, metadata }) => status?.phase === "Running" && !metadata.deletionTimestamp).length;
}

/** The records of a release, newest first, as `2 pending-upgrade`. */
export async function statuses({ kube }: Bed, [namespace, name]: [string, string]): Promise<string[]> {
    const records = (await helmRecords(kube, namespace)).filter((record) => record.name === name);
    return records.map(({ revision, status }) => `${revision} ${status}`);
}

/** Waits for a moment in the life of a process that must not have ended by itself. */
export async function untilOrEnded(
    reached: () => boolean | undefined | Promise<boolean | undefined>,
    child: ChildProcess,
): Promise<void> {
    while (!(await reached())) {
        assert.equal(child.exitCode, null, "it ended before the moment came");
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

/** Uids of what holds data in a namespace: another uid means that what was in it is gone. */
export async function volumes({ kube }: Bed, namespace: string): Promise<Record<string, string>> {
    const claims = await kube.list("v1", "PersistentVolumeClaim", { namespace });
    return Object.fromEntries(claims.map(({ metadata: { name, uid = "" } }) => [name, uid]));
}

/** Data of the chart's ConfigMap. */
export async function settings({ kube }: Bed, namespace: string): Promise<unknown> {
    return (await kube.get({ apiVersion: "v1", kind: "ConfigMap", namespace, name: "tiny-settings" }))?.data;
}
