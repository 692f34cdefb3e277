import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { stringify } from "yaml";

import { tools } from "../../tools";
import { type ControlPlane } from "./control-plane";
import { writeAtomically } from "../../lib/files";
import { writeKubeconfig } from "./kubeconfig";
import { type Layout, names, ports } from "./layout";
import { type ClusterNetwork, upstreamResolvers } from "./network";
import { answers, get } from "./probe";

/** Starts the kubelet and kube-proxy, or keeps those that run well. Both are reached from this machine only. */
export async function startNode(at: Layout, controlPlane: ControlPlane, network: ClusterNetwork): Promise<void> {
    const binaries = await tools(["kubelet", "kube-proxy"]);
    await Promise.all([
        startKubelet(at, controlPlane, network, binaries.kubelet),
        startProxy(at, controlPlane, network, binaries["kube-proxy"]),
    ]);
}

async function startKubelet(
    at: Layout,
    controlPlane: ControlPlane,
    network: ClusterNetwork,
    file: string,
): Promise<void> {
    const { pki, server, supervisor } = controlPlane;
    const kubeconfig = join(at.kubelet, "kubeconfig");
    const resolvConf = join(at.kubelet, "resolv.conf");
    const resolvers = await hostResolvers();
    const config = stringify({
        apiVersion: "kubelet.config.k8s.io/v1beta1",
        kind: "KubeletConfiguration",
        address: network.gateway,
        port: ports.kubelet,
        healthzBindAddress: "127.0.0.1",
        healthzPort: ports.kubeletHealth,
        authentication: {
            anonymous: { enabled: false },
            webhook: { enabled: true },
            x509: { clientCAFile: pki.ca.cert },
        },
        authorization: { mode: "Webhook" },
        tlsCertFile: pki.kubeletServer.cert,
        tlsPrivateKeyFile: pki.kubeletServer.key,
        containerRuntimeEndpoint: `unix://${at.socket}`,
        // Machines with version 1 of control groups are still about; all of this works on both versions.
        failCgroupV1: false,
        cgroupDriver: "cgroupfs",
        cgroupRoot: `/${names.cgroup}`,
        enforceNodeAllocatable: [],
        failSwapOn: false,
        clusterDNS: [network.dns],
        clusterDomain: "cluster.local",
        resolvConf,
        podLogsDir: join(at.log, "pods"),
        volumePluginDir: join(at.kubelet, "volume-plugins"),
        // Space is looked at before the start. A sandbox must not lose pods and images because somebody else fills the disk.
        evictionHard: {},
        imageGCHighThresholdPercent: 100,
        localStorageCapacityIsolation: false,
        maxPods: 200,
        kubeAPIQPS: 100,
        kubeAPIBurst: 200,
        shutdownGracePeriod: "0s",
    });
    const configFile = join(at.kubelet, "config.yaml");
    await mkdir(join(at.log, "pods"), { recursive: true });
    await Promise.all([
        writeKubeconfig(kubeconfig, server, { ...pki.kubelet, ca: pki.ca.cert }),
        writeAtomically(resolvConf, resolvers.map((address) => `nameserver ${address}\n`).join(""), { mode: 0o644 }),
        writeAtomically(configFile, config),
    ]);
    await supervisor.ensure({
        name: "kubelet",
        file,
        args: [
            `--config=${configFile}`,
            `--kubeconfig=${kubeconfig}`,
            `--hostname-override=${names.node}`,
            `--node-ip=${network.gateway}`,
            `--root-dir=${join(at.kubelet, "root")}`,
            `--cert-dir=${join(at.kubelet, "certificates")}`,
        ],
        config: config + server + resolvers.join(),
        listens: [
            { address: network.gateway, port: ports.kubelet },
            { address: "127.0.0.1", port: ports.kubeletHealth },
        ],
        healthy: answers(`http://127.0.0.1:${ports.kubeletHealth}/healthz`),
    });
}

async function startProxy(
    at: Layout,
    controlPlane: ControlPlane,
    network: ClusterNetwork,
    file: string,
): Promise<void> {
    const { pki, server, supervisor } = controlPlane;
    const kubeconfig = join(at.kubeProxy, "kubeconfig");
    const config = stringify({
        apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
        kind: "KubeProxyConfiguration",
        clientConnection: { kubeconfig },
        hostnameOverride: names.node,
        mode: "iptables",
        clusterCIDR: network.podCidr,
        healthzBindAddress: `127.0.0.1:${ports.proxyHealth}`,
        metricsBindAddress: `127.0.0.1:${ports.proxyMetrics}`,
        // The machine's own settings of connection tracking stay as they are.
        conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
        // Nothing of the sandbox is to be seen from other machines.
        nodePortAddresses: ["primary"],
        iptables: { localhostNodePorts: false },
    });
    const configFile = join(at.kubeProxy, "config.yaml");
    await Promise.all([
        writeKubeconfig(kubeconfig, server, { ...pki.proxy, ca: pki.ca.cert }),
        writeAtomically(configFile, config),
    ]);
    await supervisor.ensure({
        name: "kube-proxy",
        file,
        args: [`--config=${configFile}`],
        config: config + server,
        listens: [ports.proxyHealth, ports.proxyMetrics].map((port) => ({ address: "127.0.0.1", port })),
        // It is unhealthy until it knows its Node, which the kubelet makes; that it lives is all that is asked here.
        healthy: async () => {
            await get(`http://127.0.0.1:${ports.proxyHealth}/livez`);
            return undefined;
        },
    });
}

/** Name servers of the machine that pods can use as well. */
export async function hostResolvers(): Promise<string[]> {
    return upstreamResolvers(await readFile("/etc/resolv.conf", "utf8").catch(() => ""));
}

/** Complains until the node is Ready. */
export function nodeReady({ server, admin }: ControlPlane): () => Promise<string | undefined> {
    return async () => {
        const { status, body } = await get(`${server}/api/v1/nodes/${names.node}`, admin);
        if (status !== 200) return `the kubelet has not registered the node yet (${status})`;
        const node = JSON.parse(body) as {
            status?: { conditions?: { type: string; status: string; message: string }[] };
        };
        const ready = node.status?.conditions?.find(({ type }) => type === "Ready");
        return ready?.status === "True" ? undefined : (ready?.message ?? "the kubelet has not reported yet");
    };
}
