import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";

import { UserError } from "../../lib/errors";
import { step } from "../../lib/progress";
import { endIfStopped } from "../../lib/stopping";
import { nodeImages } from "../../images/build/node";
import { tools } from "../../tools";
import { withLock } from "../../lib/lock";
import { addonsReady, applyAddons, dnsAnswers } from "./addons";
import { createCgroup, killCgroup } from "./cgroups";
import { type ImageArchive, importImages, removeOtherImages, startContainerd } from "./containerd";
import { type ControlPlane, startControlPlane } from "./control-plane";
import { refuseDeadServices } from "./firewall";
import { pinImages, proveImages, takeImages } from "./image-store";
import { bootId, recordHost, setSysctls } from "./host";
import { clusterLock, layout, type Layout, names, ports } from "./layout";
import { type AddonOptions, nodeNamespaces } from "./manifests";
import { type ClusterNetwork, clusterNetwork, createBridge } from "./network";
import { hostResolvers, nodeReady, startNode } from "./node";
import { apiPort, preflight, requireRoot } from "./preflight";
import { until } from "./probe";
import { lastLines, Supervisor } from "./supervisor";
import { tearDown } from "./teardown";
import { writeKubeconfig } from "./kubeconfig";

/** A running cluster of one node. */
export interface Cluster {
    /** An administrator's, readable by root alone. */
    kubeconfig: string;
    stateDir: string;
    /** Gives images to the node under the names that pods ask for, from OCI archives. */
    importImages(images: ImageArchive[]): Promise<void>;
}

/** Every program of a node, in the order in which a cold start builds them. */
const nodeTools = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubectl",
    "kubelet",
    "kube-proxy",
    "containerd",
    "containerd-shim-runc-v2",
    "ctr",
    "runc",
] as const;

/** Brings the programs and images of the node into the cache. */
export async function buildNode(): Promise<void> {
    await tools(nodeTools);
    await nodeImages();
}

/**
 * Starts the sandbox's cluster. What runs well already is kept, what is ill or left over from a run that was killed is
 * replaced; so it may be called at any time.
 *
 * @param given all images that its pods will ask for. Where they are given, the node has them before its first pod, and no others; and the
 * next sandbox finds them unpacked
 */
export async function startCluster(given?: ImageArchive[]): Promise<Cluster> {
    const at = layout();
    const port = apiPort();
    await preflight(at);
    const { containerd: program } = await tools(nodeTools);
    const images = await nodeImages();
    return step("Start the cluster", (note) =>
        withLock(
            clusterLock,
            (holder) => note(`waiting for ${holder}, which is starting or stopping it`),
            async () => {
                await mkdir(at.dir, { recursive: true, mode: 0o711 });
                endIfStopped();
                const network = await prepareMachine(at);
                note("control plane, containerd");
                const supervisor = new Supervisor(at.processes, at.log, await bootId());
                const options: AddonOptions = {
                    images: { coredns: images.coredns.ref, localPath: images["local-path-provisioner"].ref },
                    dns: network.dns,
                    resolvers: await hostResolvers(),
                    volumes: at.volumes,
                };
                const containerd = async () => {
                    const boot = await bootId();
                    const first = await takeImages(at, program, boot);
                    const start = () => startContainerd(at, supervisor, network, images.pause.ref);
                    await start();
                    const all = [...Object.values(images), ...(given ?? [])];
                    const removed = first && given ? await removeOtherImages(at, all) : 0;
                    const imported = await importImages(at, all, note);
                    if (!first || imported + removed === 0) return;
                    await supervisor.stop("containerd");
                    await pinImages(at, program, boot);
                    await start();
                };
                const controlPlane = async () => {
                    const started = await sandboxControlPlane(at, network, port);
                    await applyAddons(started, options);
                    return started;
                };
                const [plane] = await allOrFirstFailure([controlPlane(), containerd()]);
                endIfStopped();
                note("kubelet, kube-proxy");
                await startNode(at, plane, network);
                await waitForNode(plane);
                note("DNS, storage");
                await addonsReady(plane, options);
                await dnsAnswers(network, supervisor);
                await proveImages(at);
                await writeKubeconfig(at.kubeconfig, plane.server, plane.admin);
                note(`${plane.server}, KUBECONFIG=${at.kubeconfig}`);
                return {
                    kubeconfig: at.kubeconfig,
                    stateDir: at.dir,
                    importImages: async (archives) => void (await importImages(at, archives)),
                };
            },
        ),
    );
}

/** Waits for both, so that nothing is still going on when a failure is reported. */
async function allOrFirstFailure<A, B>(work: [Promise<A>, Promise<B>]): Promise<[A, B]> {
    await Promise.allSettled(work);
    return Promise.all(work);
}

/** Everything that has to be there before the first daemon. */
async function prepareMachine(at: Layout): Promise<ClusterNetwork> {
    await recordHost(at);
    const network = await clusterNetwork(at);
    await setSysctls();
    await refuseDeadServices(network.serviceCidr);
    // Pods that are left from before the bridge was lost hang on nothing; the kubelet makes them anew.
    if (await createBridge(network)) await killCgroup();
    await createCgroup();
    await mkdir(at.volumes, { recursive: true, mode: 0o711 });
    return network;
}

function sandboxControlPlane(at: Layout, network: ClusterNetwork, port: number): Promise<ControlPlane> {
    return startControlPlane({
        dir: at.controlPlane,
        log: at.log,
        processes: at.processes,
        // An address that pods reach and other machines do not.
        address: network.gateway,
        serviceCidr: network.serviceCidr,
        ports: { ...ports, apiserver: port },
        portConflictHint:
            "stop that program, or give the API server another port: DATA_PLATFORM_API_PORT=16443 make sandbox",
        admission: { enforce: "restricted", exempt: nodeNamespaces },
        node: { name: names.node, addresses: [network.gateway, "127.0.0.1"] },
    });
}

async function waitForNode(plane: ControlPlane): Promise<void> {
    const limits = await plane.supervisor.stallLimits();
    const complaint = await until(nodeReady(plane), limits);
    if (complaint === undefined) return;
    throw new UserError(`the node is not Ready, and nothing has changed for ${limits.still} s: ${complaint}`, {
        where: plane.supervisor.log("kubelet"),
        evidence: await lastLines(plane.supervisor.log("kubelet"), 12),
        fix: `see also ${plane.supervisor.log("containerd")}; \`make down\` begins from nothing`,
    });
}

/** Stops the cluster and removes every trace of it: processes, mounts, network, packet filter, files, volumes. */
export async function stopCluster(): Promise<void> {
    requireRoot("removing the sandbox", "sudo -E make down");
    await step("Stop the cluster", (note) =>
        withLock(
            clusterLock,
            (holder) => note(`waiting for ${holder}, which is starting or stopping it`),
            async () => {
                await tearDown(layout(), note);
                note("nothing is left");
            },
        ),
    );
}

/** State of the cluster. */
export interface ClusterStatus {
    /** `stopped`: not there. `broken`: some daemons run and some do not. */
    state: "stopped" | "running" | "broken";
    kubeconfig: string;
    /** Names of the daemons, and whether each runs. */
    daemons: Record<string, boolean>;
}

/** Looks at the cluster without changing anything. */
export async function clusterStatus(): Promise<ClusterStatus> {
    const at = layout();
    const supervisor = new Supervisor(at.processes, at.log, await bootId());
    const all = [
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "containerd",
        "kubelet",
        "kube-proxy",
    ];
    const daemons: Record<string, boolean> = {};
    for (const name of all) daemons[name] = (await supervisor.running(name)) !== undefined;
    const up = Object.values(daemons).filter(Boolean).length;
    const state = up === all.length && existsSync(at.kubeconfig) ? "running" : up === 0 ? "stopped" : "broken";
    return { state, kubeconfig: at.kubeconfig, daemons };
}
