import pc from "picocolors";

import { KubeClient, KubeObject } from "../../kubernetes/client";
import { State } from "../../engine/builtin/state";
import { clusterStatus, stopCluster } from "../cluster";
import { stateDir } from "../../lib/paths";
import { toolNames, tools } from "../../tools";
import { toolSource } from "../../tools/catalog";
import { buildPlatformImages } from "./images";
import { sandboxStack } from "./options";

/** `status`: what of the sandbox runs. Exit code 1 unless all of it does. */
export async function statusCommand(): Promise<void> {
    const { state, daemons, kubeconfig } = await clusterStatus();
    say(`${pc.bold("cluster")}  ${state}${state === "running" ? `  KUBECONFIG=${kubeconfig}` : ""}`);
    for (const [name, running] of Object.entries(daemons)) say(`  ${mark(running)} ${name}`);
    const resources = State.load(stateDir(), sandboxStack).entries.filter(({ custom }) => custom).length;
    say(
        `${pc.bold("stack")}    ${resources > 0 ? `${resources} resources` : "nothing deployed by the built-in engine"}`,
    );
    if (state === "running") await pods(kubeconfig);
    else process.exitCode = 1;
}

async function pods(kubeconfig: string): Promise<void> {
    const kube = new KubeClient(kubeconfig);
    const all = await kube.list("v1", "Pod");
    kube.http.close();
    say(pc.bold("pods"));
    for (const { metadata, status } of all) {
        const phase = (status?.phase as string | undefined) ?? "Pending";
        const fine = phase === "Succeeded" || isReady(status);
        say(`  ${mark(fine)} ${metadata.namespace ?? ""}/${metadata.name}  ${pc.dim(phase)}`);
        // A run of a job that failed has been, or will be, tried again.
        if (!fine && !metadata.ownerReferences?.some(({ kind }) => kind === "Job")) process.exitCode = 1;
    }
}

function isReady(status: KubeObject["status"]): boolean {
    const conditions = (status?.conditions as { type: string; status: string }[] | undefined) ?? [];
    return conditions.some(({ type, status: is }) => type === "Ready" && is === "True");
}

function mark(fine: boolean): string {
    return fine ? pc.green("✔") : pc.red("✘");
}

function say(line: string): void {
    process.stdout.write(`${line}\n`);
}

/** `down`: nothing of the sandbox left but the cache. */
export async function downCommand(): Promise<void> {
    await stopCluster();
}

/** `build`: programs and images into the cache; starts nothing. */
export async function buildCommand(): Promise<void> {
    await tools(toolNames.filter((name) => !toolSource(name).aside));
    await buildPlatformImages();
}
