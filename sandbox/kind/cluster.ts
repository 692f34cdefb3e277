import { mkdir } from "node:fs/promises";

import { stringify } from "yaml";

import { kindNode } from "../../config/versions";
import { run } from "../../lib/exec";
import { writeAtomically } from "../../lib/files";
import { step } from "../../lib/progress";
import { type Layout, names } from "./layout";

/** kind's own description of the cluster: one node, whose API server nobody but this machine reaches. */
export function clusterConfig(): string {
    return stringify({
        kind: "Cluster",
        apiVersion: "kind.x-k8s.io/v1alpha4",
        name: names.cluster,
        networking: { apiServerAddress: "127.0.0.1" },
        nodes: [{ role: "control-plane", image: kindNode }],
    });
}

/** Makes the cluster where there is none. The user's own kubeconfig is left alone. */
export async function provideCluster(at: Layout): Promise<void> {
    await mkdir(at.dir, { recursive: true });
    const name = ["--name", names.cluster];
    const kubeconfig = ["--kubeconfig", at.kubeconfig];
    const { stdout } = await run("kind", ["get", "clusters"]);
    if (stdout.split(/\s+/).includes(names.cluster)) {
        await run("kind", ["export", "kubeconfig", ...name, ...kubeconfig]);
        return;
    }
    await step("Make a cluster by kind", async () => {
        await writeAtomically(at.config, clusterConfig());
        await run("kind", ["create", "cluster", ...name, "--config", at.config, ...kubeconfig, "--wait", "10m"]);
    });
}

/** Deletes the cluster, with all volumes in it. */
export async function deleteCluster(at: Layout): Promise<void> {
    await step("Delete the cluster of kind's", () =>
        run("kind", ["delete", "cluster", "--name", names.cluster, "--kubeconfig", at.kubeconfig]),
    );
}
