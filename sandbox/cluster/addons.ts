import { Resolver } from "node:dns/promises";

import { UserError } from "../../lib/errors";
import { patiently, run } from "../../lib/exec";
import { tool } from "../../tools";
import { type ControlPlane } from "./control-plane";
import { describeTroubles, diagnose } from "../../kubernetes/diagnose";
import type { Manifest } from "../../kubernetes/objects";
import { type AddonOptions, coreDns, localPath } from "./manifests";
import { type ClusterNetwork } from "./network";
import { get, until } from "./probe";
import { type Supervisor } from "./supervisor";

/** Puts DNS and the StorageClass into the cluster; leaves alone what is as it should be. */
export async function applyAddons({ kubeconfig }: ControlPlane, options: AddonOptions): Promise<void> {
    const items = addons(options);
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    const args = ["apply", "--server-side", "--force-conflicts", "--field-manager=data-platform-sandbox", "-f", "-"];
    await run(await tool("kubectl"), ["--kubeconfig", kubeconfig, ...args], { ...patiently(), input });
}

/** Waits until the addons serve. */
export async function addonsReady(
    { kubeconfig, server, admin, supervisor }: ControlPlane,
    options: AddonOptions,
): Promise<void> {
    const deployments = addons(options).filter(({ kind }) => kind === "Deployment");
    const limits = await supervisor.stallLimits();
    await Promise.all(
        deployments.map(async ({ metadata: { name, namespace = "" } }) => {
            const url = `${server}/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
            const complaint = await until(async () => rolloutComplaint(await get(url, admin)), limits);
            if (complaint === undefined) return;
            const troubles = await diagnose(kubeconfig, namespace);
            throw new UserError(`${name} is not ready, and nothing has changed for ${limits.still} s: ${complaint}`, {
                where: `deployment ${namespace}/${name}`,
                evidence: describeTroubles(troubles),
                fix: "make down, then start again; if it stays so, the lines above say why",
            });
        }),
    );
}

/**
 * Waits until the cluster's DNS answers under its Service's address: then pods have addresses, reach the API server, and
 * kube-proxy leads the way. The state of a Deployment alone may be from before a restart.
 */
export async function dnsAnswers({ dns, apiService }: ClusterNetwork, supervisor: Supervisor): Promise<void> {
    const resolver = new Resolver({ timeout: 1_000, tries: 1 });
    resolver.setServers([dns]);
    const complaint = await until(
        async () => {
            const found = await resolver.resolve4("kubernetes.default.svc.cluster.local");
            return found.includes(apiService) ? undefined : `it takes kubernetes.default for ${found.join(", ")}`;
        },
        await supervisor.stallLimits(),
    );
    if (complaint === undefined) return;
    throw new UserError(`the cluster's DNS does not answer on ${dns}: ${complaint}`, {
        where: "service kube-system/kube-dns",
        evidence: [
            "pods, their network or kube-proxy's rules are amiss; a firewall of the machine may drop their packets",
        ],
        fix: "let the bridge dpsandbox0 pass in the machine's firewall; then make down, and start again",
    });
}

function addons(options: AddonOptions): Manifest[] {
    return [...coreDns(options), ...localPath(options)];
}

interface DeploymentStatus {
    metadata: { generation: number };
    status?: { observedGeneration?: number; updatedReplicas?: number; availableReplicas?: number; replicas?: number };
}

/** Condition that is missing until the newest form of a Deployment, and no older one, is available. */
function rolloutComplaint({ status, body }: { status: number; body: string }): string | undefined {
    if (status !== 200) return `the API server answers ${status}`;
    const { metadata, status: now = {} } = JSON.parse(body) as DeploymentStatus;
    if ((now.observedGeneration ?? 0) < metadata.generation) return "not yet seen by its controller";
    const { updatedReplicas = 0, availableReplicas = 0, replicas = 0 } = now;
    return updatedReplicas === 1 && availableReplicas === 1 && replicas === 1
        ? undefined
        : `${availableReplicas} of 1 pods available`;
}
