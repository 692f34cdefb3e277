import { join } from "node:path";

import { stateDir } from "../../lib/paths";

/** Names of ours on the machine; they are told from anybody else's by these alone. */
export const names = {
    node: "sandbox",
    /** The bridge that pods hang on; at most 15 characters. */
    bridge: "dpsandbox0",
    /** The CNI network. */
    network: "data-platform-sandbox",
    /** The control group that holds every pod. */
    cgroup: "data-platform-sandbox",
};

/** Sockets and other things that do not outlive a reboot. A short path, because a socket's may have 107 characters. */
export const runDir = "/run/data-platform-sandbox";

/** Held by whoever starts or stops the sandbox. */
export const clusterLock = "/run/data-platform-sandbox.lock";

/** Everything the running sandbox keeps, under one directory that goes away with it. */
export function layout(dir = stateDir()) {
    return {
        dir,
        kubeconfig: join(dir, "kubeconfig"),
        /** State of the machine before, to be restored. */
        host: join(dir, "host.json"),
        network: join(dir, "network.json"),
        controlPlane: join(dir, "control-plane"),
        processes: join(dir, "processes"),
        log: join(dir, "log"),
        containerd: join(dir, "containerd"),
        socket: join(dir, "containerd", "containerd.sock"),
        cni: join(dir, "cni"),
        kubelet: join(dir, "kubelet"),
        kubeProxy: join(dir, "kube-proxy"),
        volumes: join(dir, "volumes"),
    };
}

export type Layout = ReturnType<typeof layout>;

/** Ports of the node, all on addresses that only this machine reaches. */
export const ports = {
    apiserver: 6443,
    // Not the usual 2379 and 2380: a machine of a developer may well run an etcd.
    etcd: 12379,
    etcdPeer: 12380,
    controllerManager: 10257,
    scheduler: 10259,
    kubelet: 10250,
    kubeletHealth: 10248,
    proxyHealth: 10256,
    proxyMetrics: 10249,
};
