import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

import { run } from "../../sandbox/lib/exec";
import { cacheDir } from "../../sandbox/lib/paths";

/** What a sandbox leaves its traces in. */
export interface Machine {
    /** Programs of ours that run. */
    processes: string[];
    mounts: string[];
    /** Network devices. */
    devices: string[];
    /** Chains of the packet filter, IPv4 and IPv6. */
    chains: string[];
}

/** The machine as it is now. */
export async function machine(): Promise<Machine> {
    const links = await run("ip", ["-o", "link"]);
    const rules = await Promise.all(["iptables-save", "ip6tables-save"].map(save));
    return {
        processes: ourProcesses(),
        mounts: readFileSync("/proc/mounts", "utf8")
            .split("\n")
            .map((line) => line.split(" ")[1] ?? "")
            .sort(),
        devices: links.stdout
            .split("\n")
            .map((line) => line.split(": ")[1]?.split("@")[0] ?? "")
            .sort(),
        chains: rules.flat().sort(),
    };
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

/** Processes whose program was built by us, but for those that builds are made of. */
function ourProcesses(): string[] {
    const ours = join(cacheDir(), "bin");
    return readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .flatMap((pid) => {
            try {
                const program = readlinkSync(`/proc/${pid}/exe`);
                return program.startsWith(ours) ? [program.slice(ours.length + 1)] : [];
            } catch {
                // It has ended meanwhile, or it is the kernel's.
                return [];
            }
        })
        .sort();
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
