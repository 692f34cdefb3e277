import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";

import { run } from "../../lib/exec";
import { writeAtomically } from "../../lib/files";
import { type Chains, kubernetesChains, removeChains } from "./firewall";
import { type Layout } from "./layout";

/** Settings of the machine before the sandbox changed them. */
interface HostRecord {
    /** Id of the kernel's run in which this was noted: a reboot undoes the settings, and the note with them. */
    bootId: string;
    sysctls: Record<string, string>;
    chains: Chains;
    /** Directories outside of ours that were there already. */
    directories: string[];
}

/** Settings that pods need, with the values that we set. */
const wanted: Record<string, string> = {
    "net.ipv4.ip_forward": "1",
    // Without it a pod reaches a Service only if the pod behind it is on another node.
    "net.bridge.bridge-nf-call-iptables": "1",
    // The usual 128 is used up by a few dozen containers.
    "fs.inotify.max_user_instances": "1024",
};

/** Settings that the kubelet, kube-proxy and the CNI plugins change by themselves. */
const changedByOthers = [
    "vm.overcommit_memory",
    "vm.panic_on_oom",
    "kernel.panic",
    "kernel.panic_on_oops",
    "kernel.keys.root_maxkeys",
    "kernel.keys.root_maxbytes",
    "net.ipv4.conf.all.route_localnet",
    "net.netfilter.nf_conntrack_max",
    "net.netfilter.nf_conntrack_tcp_be_liberal",
    "net.netfilter.nf_conntrack_tcp_timeout_established",
    "net.netfilter.nf_conntrack_tcp_timeout_close_wait",
    "net.ipv6.conf.all.forwarding",
];

/** Directories with fixed names that the kubelet, containerd and the CNI plugins make outside of what we give them. */
export const outsideDirectories = [
    "/var/lib/kubelet",
    "/var/lib/cni",
    "/var/log/containers",
    "/run/containerd",
    "/run/runc",
    "/run/flannel",
    "/etc/cni",
    "/opt/cni",
    "/opt/containerd",
    "/usr/libexec/kubernetes",
];

export async function bootId(): Promise<string> {
    return (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
}

/** Notes what the machine is like, once, before anything is changed. */
export async function recordHost(at: Layout): Promise<HostRecord> {
    const known = await hostRecord(at);
    const boot = await bootId();
    if (known?.bootId === boot) return known;
    const sysctls: Record<string, string> = {};
    for (const name of [...Object.keys(wanted), ...changedByOthers]) {
        const value = await readFile(sysctlPath(name), "utf8").catch(() => undefined);
        if (value !== undefined) sysctls[name] = value.trim();
    }
    const record: HostRecord = {
        bootId: boot,
        sysctls,
        chains: await kubernetesChains(),
        // After a reboot our own leftovers on disk must not be taken for somebody else's.
        directories: known?.directories ?? outsideDirectories.filter((path) => existsSync(path)),
    };
    await writeAtomically(at.host, JSON.stringify(record, null, 2));
    return record;
}

/** Reads the note of {@link recordHost}, if there is one. */
export async function hostRecord(at: Layout): Promise<HostRecord | undefined> {
    const text = await readFile(at.host, "utf8").catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as HostRecord);
}

/** Sets what pods need. */
export async function setSysctls(): Promise<void> {
    if (!existsSync(sysctlPath("net.bridge.bridge-nf-call-iptables"))) {
        // A module on most kernels; where it is neither loaded nor to be had, kube-proxy says so in its log.
        await run("modprobe", ["br_netfilter"]).catch(() => undefined);
    }
    for (const [name, value] of Object.entries(wanted)) {
        const now = await readFile(sysctlPath(name), "utf8").catch(() => undefined);
        if (now === undefined || Number(now) >= Number(value)) continue;
        await writeFile(sysctlPath(name), value);
    }
}

/** Puts settings and packet filter back to what they were. Does nothing twice. */
export async function restoreHost(at: Layout): Promise<void> {
    const record = await hostRecord(at);
    // Without a note nothing was changed yet: it is written first.
    if (!record || record.bootId !== (await bootId())) return;
    await removeChains(record.chains);
    for (const [name, value] of Object.entries(record.sysctls)) {
        const now = await readFile(sysctlPath(name), "utf8").catch(() => undefined);
        if (now !== undefined && now.trim() !== value) await writeFile(sysctlPath(name), value).catch(() => undefined);
    }
}

function sysctlPath(name: string): string {
    return `/proc/sys/${name.replaceAll(".", "/")}`;
}
