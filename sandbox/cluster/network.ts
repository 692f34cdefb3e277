import { readFile } from "node:fs/promises";

import { UserError } from "../../lib/errors";
import { run } from "../../lib/exec";
import { writeAtomically } from "../../lib/files";
import { type Layout, names } from "./layout";

/** The address ranges of the cluster and the addresses in them that are fixed. */
export interface ClusterNetwork {
    /** Pods of the one node, e.g. `10.213.0.0/16`. */
    podCidr: string;
    serviceCidr: string;
    /** The bridge's address: the node's, the API server's, and the pods' gateway. */
    gateway: string;
    /** The ClusterIP of `kubernetes.default`. */
    apiService: string;
    /** The ClusterIP of the cluster's DNS. */
    dns: string;
}

/** Pairs of /16 for pods and Services, in order of preference; rarely used ones first. */
const candidates: [string, string][] = [
    ["10.213", "10.214"],
    ["10.113", "10.114"],
    ["172.29", "172.30"],
    ["10.244", "10.96"],
];

/** The first pair of ranges that meets none of the machine's routes and addresses. */
export function chooseNetwork(taken: string[]): ClusterNetwork | undefined {
    const ranges = taken.map(parseCidr).filter((range) => range !== undefined);
    const free = (prefix: string) => {
        const [start, end] = parseCidr(`${prefix}.0.0/16`) ?? [0, 0];
        return ranges.every(([from, to]) => to < start || from > end);
    };
    const pair = candidates.find(([pods, services]) => free(pods) && free(services));
    if (!pair) return undefined;
    const [pods, services] = pair;
    return {
        podCidr: `${pods}.0.0/16`,
        serviceCidr: `${services}.0.0/16`,
        gateway: `${pods}.0.1`,
        apiService: `${services}.0.1`,
        dns: `${services}.0.10`,
    };
}

/** The first and the last address of a range as numbers; the default route and IPv6 are no ranges. */
function parseCidr(text: string): [number, number] | undefined {
    const found = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(text);
    if (!found) return undefined;
    const [, a, b, c, d, bits = "32"] = found;
    const size = 2 ** (32 - Number(bits));
    const address = ((Number(a) * 256 + Number(b)) * 256 + Number(c)) * 256 + Number(d);
    const start = Math.floor(address / size) * size;
    return Number(bits) === 0 ? undefined : [start, start + size - 1];
}

/** The network of this sandbox: the one it was made with, or else one that is free now. */
export async function clusterNetwork(at: Layout): Promise<ClusterNetwork> {
    const known = await readFile(at.network, "utf8").catch(() => undefined);
    if (known) return JSON.parse(known) as ClusterNetwork;
    const { stdout } = await run("ip", ["-4", "route", "show", "table", "all"]);
    const taken = stdout
        .split("\n")
        .filter((line) => !line.includes(`dev ${names.bridge}`))
        .map((line) => /^(?:(?:local|broadcast|blackhole|unreachable|prohibit)\s+)?(\S+)/.exec(line)?.[1] ?? "");
    const network = chooseNetwork(taken);
    if (!network) {
        throw new UserError("every address range that the sandbox could use for pods and Services is taken", {
            where: "ip -4 route show table all",
            allowed: candidates.map((pair) => pair.map((prefix) => `${prefix}.0.0/16`).join(" with ")).join(", "),
            fix: "disconnect the VPN or remove the route that covers them, for the time of the sandbox",
        });
    }
    await writeAtomically(at.network, JSON.stringify(network));
    return network;
}

/**
 * Makes the bridge that pods hang on, with its address, before any pod is there: the API server listens on that address,
 * because it is one that pods reach and that no other machine does.
 *
 * @returns whether it was not there
 */
export async function createBridge({ gateway }: ClusterNetwork): Promise<boolean> {
    const { code } = await run("ip", ["link", "show", names.bridge], { okCodes: [0, 1] });
    if (code !== 0) await run("ip", ["link", "add", names.bridge, "type", "bridge"]);
    await run("ip", ["addr", "replace", `${gateway}/16`, "dev", names.bridge]);
    await run("ip", ["link", "set", names.bridge, "up"]);
    return code !== 0;
}

/** Removes the bridge and the ends of pods' cables that hang on it. */
export async function deleteBridge(): Promise<void> {
    const { stdout, code } = await run("ip", ["-o", "link", "show", "master", names.bridge], { okCodes: [0, 1, 255] });
    if (code === 0) {
        for (const line of stdout.split("\n").filter(Boolean)) {
            const cable = /^\d+:\s+([^:@\s]+)/.exec(line)?.[1];
            // It may vanish by itself at this moment, with the network namespace of its other end.
            if (cable) await run("ip", ["link", "delete", cable], { okCodes: [0, 1] });
        }
    }
    await run("ip", ["link", "delete", names.bridge], { okCodes: [0, 1] });
}

/** Name servers of the machine that a pod reaches too; a resolver on a loopback address is not one of those. */
export function upstreamResolvers(resolvConf: string): string[] {
    return resolvConf
        .split("\n")
        .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? "")
        .filter((address) => /^\d+\.\d+\.\d+\.\d+$/.test(address) && !address.startsWith("127."))
        .slice(0, 3);
}
