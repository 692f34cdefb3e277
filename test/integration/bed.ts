import { ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { KubeClient, KubeObject } from "../../kubernetes/client";
import { ControlPlane, startControlPlane } from "../../sandbox/cluster/control-plane";
import { freePorts } from "../../sandbox/cluster/ports";
import { tool } from "../../tools";
import { issueCertificates } from "./bed-certificates";
import { everything, extra } from "./world";

/** A real control plane whose one node is simulated: pods are scheduled, admitted and reported as running, but nothing runs. */
export interface Bed {
    kubeconfig: string;
    kube: KubeClient;
    /** A directory of its own for the test's state. */
    scratch(): Promise<string>;
    /** Starts a simulation of what some controllers do, by a file of kwok's stages; the kinds must be there. Returns what ends it. */
    simulate(stages: string): Promise<() => Promise<void>>;
    /** Lets the API server stand still for a while. */
    freeze(milliseconds: number): Promise<void>;
}

let started: Promise<{ bed: Bed; stop: () => Promise<void> }> | undefined;

/** The bed of this test run, brought up when first asked for. It goes away after the last test. */
export async function useBed(): Promise<Bed> {
    started ??= start();
    return (await started).bed;
}

after("the bed goes away", async function () {
    this.timeout(60_000);
    const running = await started?.catch(() => undefined);
    await running?.stop();
});

/** The StorageClass that the sandbox has, by another provisioner. */
const storageClass: KubeObject = {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: "local-path", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
    provisioner: "bed.data-platform.io/volumes",
    volumeBindingMode: "WaitForFirstConsumer",
    reclaimPolicy: "Delete",
};

const node: KubeObject = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "bed", labels: { "kubernetes.io/hostname": "bed", "kubernetes.io/os": "linux" } },
};

async function start(): Promise<{ bed: Bed; stop: () => Promise<void> }> {
    const dir = await mkdtemp(join(tmpdir(), "data-platform-bed-"));
    const [etcd, etcdPeer, apiserver, controllerManager, scheduler, kwokPort] = await freePorts(6);
    const plane: ControlPlane = await startControlPlane({
        dir,
        ports: { etcd, etcdPeer, apiserver, controllerManager, scheduler },
        admission: { webhooks: false },
    });
    const kwok = await startKwok(plane.kubeconfig, join(dir, "log", "kwok.log"), {
        port: kwokPort,
        stages: join(__dirname, "bed-stages.yaml"),
        nodes: "--manage-all-nodes=true",
    });
    const kube = new KubeClient(plane.kubeconfig);
    const issuing = issueCertificates(new KubeClient(plane.kubeconfig));
    await kube.create(storageClass);
    await kube.create(node);
    await settled(kube);
    let scratches = 0;
    const bed: Bed = {
        kubeconfig: plane.kubeconfig,
        kube,
        scratch: () => mkdtemp(join(dir, `test-${scratches++}-`)),
        simulate: async (stages) => {
            const log = join(dir, "log", `kwok-${basename(stages)}.log`);
            const [port] = await freePorts(1);
            const nobodys = "--manage-nodes-with-annotation-selector=bed.data-platform.io/nobodys=true";
            const process = await simulating(() => startKwok(plane.kubeconfig, log, { port, stages, nodes: nobodys }), {
                port,
                log,
            });
            return () => ended(process);
        },
        freeze: async (milliseconds) => {
            const server = await plane.supervisor.running("kube-apiserver");
            if (!server) throw new Error("the API server does not run");
            process.kill(server.pid, "SIGSTOP");
            await new Promise((resolve) => setTimeout(resolve, milliseconds));
            process.kill(server.pid, "SIGCONT");
        },
    };
    return {
        bed,
        stop: async () => {
            await issuing.stop();
            kube.http.close();
            await ended(kwok);
            await plane.stop();
            await rm(dir, { recursive: true, force: true });
        },
    };
}

/** Waits until the controllers have made what they make in every cluster, so that it isn't mistaken for a test's. */
async function settled(kube: KubeClient): Promise<void> {
    let last = new Set<string>();
    for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        const now = await everything(kube);
        if (now.has("ServiceAccount default/default") && extra(now, last).length === 0) return;
        last = now;
    }
}

/**
 * Starts a simulation until one runs: kwok ends when a kind isn't in the API server's discovery and its schemas yet, which follow some
 * time after the kind is served.
 * @throws {Error} with the end of its log, when none runs
 */
async function simulating(
    start: () => Promise<ChildProcess>,
    { port, log }: { port: number; log: string },
): Promise<ChildProcess> {
    for (let attempt = 0; attempt < 60; attempt++) {
        const process = await start();
        while (process.exitCode === null && process.signalCode === null) {
            const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
            if (answer?.ok) return process;
            await pause(200);
        }
        await pause(1_000);
    }
    throw new Error(`kwok does not go on running: ${(await readFile(log, "utf8")).slice(-2_000)}`);
}

async function ended(process: ChildProcess): Promise<void> {
    process.kill("SIGKILL");
    if (process.exitCode === null && process.signalCode === null) await once(process, "exit");
}

async function startKwok(
    kubeconfig: string,
    log: string,
    { port, stages, nodes }: { port: number; stages: string; nodes: string },
): Promise<ChildProcess> {
    const out = openSync(log, "a");
    return spawn(
        await tool("kwok"),
        [
            `--kubeconfig=${kubeconfig}`,
            `--config=${stages}`,
            nodes,
            // Without leases the node would be thought dead after 40 s, and its pods evicted.
            "--node-lease-duration-seconds=40",
            "--cidr=10.200.0.0/16",
            "--node-ip=127.0.0.1",
            `--server-address=127.0.0.1:${port}`,
        ],
        { stdio: ["ignore", out, out] },
    );
}
