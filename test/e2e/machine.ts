import { readdirSync, readFileSync } from "node:fs";

import { layout, names, runDir } from "../../sandbox/cluster/layout";
import { run } from "../../lib/exec";

/** Places in which a sandbox leaves its traces. */
export interface Machine {
    /** Programs that run with something in the sandbox's directories. */
    processes: string[];
    mounts: string[];
    /** Network devices: the bridge and the pods' cables. */
    devices: string[];
    /** Kubernetes' chains of the packet filter, IPv4 and IPv6. */
    chains: string[];
}

const at = layout();
const ours = (text: string) => text.includes(at.dir) || text.includes(runDir);

/** Lists the traces that a sandbox may have left on the machine. */
export async function traces(): Promise<Machine> {
    const links = await run("ip", ["-o", "link"]);
    const devices = links.stdout.split("\n").map((line) => line.split(": ")[1]?.split("@")[0] ?? "");
    const mounts = readFileSync("/proc/mounts", "utf8").split("\n");
    const chains = await Promise.all(["iptables-save", "ip6tables-save"].map(save));
    return {
        processes: commandLines().filter(ours),
        mounts: mounts
            .map((line) => line.split(" ")[1] ?? "")
            .filter((path) => ours(path) || path.includes("/netns/cni-")),
        devices: devices.filter((name) => name === names.bridge || name.startsWith("veth")),
        chains: chains.flat().filter((name) => /^\S+ \S+ (KUBE|CNI)-/.test(name)),
    };
}

/** Traces that are there now and were not before. */
export function newTraces(now: Machine, before: Machine): string[] {
    return (Object.keys(now) as (keyof Machine)[]).flatMap((key) =>
        now[key].filter((trace) => !before[key].includes(trace)).map((trace) => `${key}: ${trace}`),
    );
}

async function save(program: string): Promise<string[]> {
    const { stdout } = await run(program, []).catch(() => ({ stdout: "" }));
    const tables = stdout.split("\n").filter((line) => line.startsWith("*") || line.startsWith(":"));
    let table = "";
    return tables.flatMap((line) => {
        if (line.startsWith("*")) table = line.slice(1);
        return line.startsWith(":") ? [`${program} ${table} ${line.slice(1).split(" ")[0]}`] : [];
    });
}

/** Command lines of all processes: where a secret must never be. */
export function commandLines(): string[] {
    return readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .flatMap((pid) => {
            try {
                return [readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")];
            } catch {
                return [];
            }
        });
}
