import { join } from "node:path";

import { stringify } from "yaml";

import { tools } from "../../tools";
import { writeAtomically } from "../../lib/files";
import { bootId } from "./host";
import { writeKubeconfig } from "./kubeconfig";
import { createPki, type KeyPair, pkiFiles } from "./pki";
import { answers, type TlsFiles } from "./probe";
import { type Daemon, Supervisor } from "./supervisor";

export interface ControlPlaneOptions {
    /** Everything it keeps: keys, data, logs, pid files. */
    dir: string;
    ports: {
        etcd: number;
        etcdPeer: number;
        apiserver: number;
        /** @default apiserver + 1 */
        controllerManager?: number;
        /** @default apiserver + 2 */
        scheduler?: number;
    };
    /** Address at which the API server listens and is reached. @default 127.0.0.1 */
    address?: string;
    /** The range of ClusterIPs. @default 10.96.0.0/16 */
    serviceCidr?: string;
    /** Level that Pod Security enforces in a namespace that says nothing about it. */
    admission?: {
        /** @default restricted */
        enforce?: "privileged" | "baseline" | "restricted";
        /** Namespaces to which Pod Security does not apply. @default kube-system */
        exempt?: string[];
        /** Ask the webhooks that charts install; false where their pods don't run. @default true */
        webhooks?: boolean;
    };
    /** The node that gets credentials. @default none */
    node?: { name: string; addresses: string[] };
    /** Directory of the logs. @default log in dir */
    log?: string;
    /** Directory of the pid files. @default processes in dir */
    processes?: string;
    /** Hint for the case that another process has the API server's port. */
    portConflictHint?: string;
}

export interface ControlPlane {
    /** A kubeconfig of a cluster administrator. */
    kubeconfig: string;
    /** E.g. `https://127.0.0.1:6443`. */
    server: string;
    /** The administrator's files, for requests without kubectl. */
    admin: TlsFiles;
    pki: ReturnType<typeof pkiFiles>;
    supervisor: Supervisor;
    /** Ends its processes; the directory stays. */
    stop(): Promise<void>;
}

/** The daemons of a control plane, in the order in which they start. */
export const controlPlaneDaemons = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"] as const;

/**
 * Starts etcd, kube-apiserver, kube-controller-manager and kube-scheduler, or keeps those that run well.
 *
 * It is a bed to be thrown away: etcd does not wait for the disk, so a power cut may cost its data.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
    const { dir, ports, address = "127.0.0.1", serviceCidr = "10.96.0.0/16", node } = options;
    const all = { controllerManager: ports.apiserver + 1, scheduler: ports.apiserver + 2, ...ports };
    const supervisor = new Supervisor(
        options.processes ?? join(dir, "processes"),
        options.log ?? join(dir, "log"),
        await bootId(),
    );
    const pki = pkiFiles(join(dir, "pki"));
    const [binaries] = await Promise.all([
        tools(controlPlaneDaemons),
        createPki(join(dir, "pki"), { apiserver: [address, firstAddress(serviceCidr)], node }),
    ]);
    const server = `https://${address}:${all.apiserver}`;
    const as = (pair: KeyPair): TlsFiles => ({ ...pair, ca: pki.ca.cert });
    const kubeconfig = join(dir, "kubeconfig");
    const admissionFile = join(dir, "admission.yaml");
    const admission = podSecurity(options.admission);
    await Promise.all([
        writeKubeconfig(kubeconfig, server, as(pki.admin)),
        writeKubeconfig(join(dir, "controller-manager.kubeconfig"), server, as(pki.controllerManager)),
        writeKubeconfig(join(dir, "scheduler.kubeconfig"), server, as(pki.scheduler)),
        writeAtomically(admissionFile, admission),
    ]);

    const etcdUrl = `https://127.0.0.1:${all.etcd}`;
    const peerUrl = `https://127.0.0.1:${all.etcdPeer}`;
    await supervisor.ensure({
        name: "etcd",
        file: binaries.etcd,
        args: flags({
            "data-dir": join(dir, "etcd"),
            "listen-client-urls": etcdUrl,
            "advertise-client-urls": etcdUrl,
            "listen-peer-urls": peerUrl,
            "initial-advertise-peer-urls": peerUrl,
            "initial-cluster": `default=${peerUrl}`,
            // It holds every Secret in the clear: nobody but the API server may talk to it, this machine's other users included.
            "client-cert-auth": true,
            "trusted-ca-file": pki.etcdCa.cert,
            "cert-file": pki.etcd.cert,
            "key-file": pki.etcd.key,
            "peer-client-cert-auth": true,
            "peer-trusted-ca-file": pki.etcdCa.cert,
            "peer-cert-file": pki.etcd.cert,
            "peer-key-file": pki.etcd.key,
            "unsafe-no-fsync": true,
            "auto-compaction-mode": "periodic",
            "auto-compaction-retention": "15m",
        }),
        listens: [all.etcd, all.etcdPeer].map((port) => ({ address: "127.0.0.1", port })),
        healthy: answers(`${etcdUrl}/health`, { ...pki.etcdClient, ca: pki.etcdCa.cert }),
    });
    await supervisor.ensure({
        name: "kube-apiserver",
        file: binaries["kube-apiserver"],
        args: flags({
            "etcd-servers": etcdUrl,
            "etcd-cafile": pki.etcdCa.cert,
            "etcd-certfile": pki.etcdClient.cert,
            "etcd-keyfile": pki.etcdClient.key,
            "bind-address": address,
            "secure-port": all.apiserver,
            // The endpoint of `kubernetes.default` may not be a loopback address; without a node nobody uses it.
            ...(address.startsWith("127.") ? { "endpoint-reconciler-type": "none" } : { "advertise-address": address }),
            "tls-cert-file": pki.apiserver.cert,
            "tls-private-key-file": pki.apiserver.key,
            "client-ca-file": pki.ca.cert,
            "anonymous-auth": false,
            "authorization-mode": "Node,RBAC",
            "enable-admission-plugins": "NodeRestriction",
            ...(options.admission?.webhooks === false
                ? { "disable-admission-plugins": "MutatingAdmissionWebhook,ValidatingAdmissionWebhook" }
                : {}),
            "admission-control-config-file": admissionFile,
            "service-account-key-file": pki.serviceAccount.cert,
            "service-account-signing-key-file": pki.serviceAccount.key,
            "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
            "service-cluster-ip-range": serviceCidr,
            "kubelet-certificate-authority": pki.ca.cert,
            "kubelet-client-certificate": pki.kubeletClient.cert,
            "kubelet-client-key": pki.kubeletClient.key,
            // By name it would be looked up in a DNS that does not know it.
            "kubelet-preferred-address-types": "InternalIP",
            // The local-path helper and other node software are privileged; Pod Security decides who may be.
            "allow-privileged": true,
            profiling: false,
        }),
        config: admission,
        listens: [{ address, port: all.apiserver }],
        portConflictHint: options.portConflictHint,
        healthy: answers(`${server}/readyz`, as(pki.admin)),
    });

    const follower = (name: "kube-controller-manager" | "kube-scheduler", port: number, more: Flags): Daemon => {
        const own = join(dir, `${name.replace("kube-", "")}.kubeconfig`);
        return {
            name,
            file: binaries[name],
            args: flags({
                kubeconfig: own,
                "authentication-kubeconfig": own,
                "authorization-kubeconfig": own,
                "bind-address": "127.0.0.1",
                "secure-port": port,
                "tls-cert-file": pki.apiserver.cert,
                "tls-private-key-file": pki.apiserver.key,
                "leader-elect": false,
                profiling: false,
                ...more,
            }),
            config: server,
            listens: [{ address: "127.0.0.1", port }],
            healthy: answers(`https://127.0.0.1:${port}/healthz`, as(pki.admin)),
        };
    };
    await Promise.all([
        supervisor.ensure(
            follower("kube-controller-manager", all.controllerManager, {
                "service-account-private-key-file": pki.serviceAccount.key,
                "root-ca-file": pki.ca.cert,
                "cluster-signing-cert-file": pki.ca.cert,
                "cluster-signing-key-file": pki.ca.key,
                "use-service-account-credentials": true,
                // The default of 20 requests a second makes the removal of a namespace wait for nothing.
                "kube-api-qps": 200,
                "kube-api-burst": 400,
                "concurrent-namespace-syncs": 20,
            }),
        ),
        supervisor.ensure(follower("kube-scheduler", all.scheduler, { "kube-api-qps": 200, "kube-api-burst": 400 })),
    ]);
    return {
        kubeconfig,
        server,
        admin: as(pki.admin),
        pki,
        supervisor,
        stop: async () => {
            // The followers first: they would only fill their logs; the API server waits long for watches that nobody ends.
            await Promise.all([supervisor.stop("kube-controller-manager", 2), supervisor.stop("kube-scheduler", 2)]);
            await supervisor.stop("kube-apiserver", 2);
            await supervisor.stop("etcd", 5);
        },
    };
}

type Flags = Record<string, string | number | boolean>;

function flags(values: Flags): string[] {
    return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}

/** The first address of a range, which the API server takes for `kubernetes.default`. */
export function firstAddress(cidr: string): string {
    return (cidr.split("/")[0] ?? "").replace(/\d+$/, (last) => String(Number(last) + 1));
}

function podSecurity({
    enforce = "restricted",
    exempt = ["kube-system"],
}: ControlPlaneOptions["admission"] = {}): string {
    const level = (mode: string) => ({ [mode]: enforce, [`${mode}-version`]: "latest" });
    return stringify({
        apiVersion: "apiserver.config.k8s.io/v1",
        kind: "AdmissionConfiguration",
        plugins: [
            {
                name: "PodSecurity",
                configuration: {
                    apiVersion: "pod-security.admission.config.k8s.io/v1",
                    kind: "PodSecurityConfiguration",
                    defaults: { ...level("enforce"), ...level("audit"), ...level("warn") },
                    exemptions: { usernames: [], runtimeClasses: [], namespaces: exempt },
                },
            },
        ],
    });
}
