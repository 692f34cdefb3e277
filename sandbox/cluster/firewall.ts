import { run } from "../../lib/exec";

const families = ["iptables", "ip6tables"] as const;
export type Family = (typeof families)[number];

/** Chains by family and table, e.g. `iptables nat KUBE-SERVICES`. */
export type Chains = string[];

/** Chains that a kubelet, a kube-proxy or a CNI plugin makes. */
const kubernetesChain = /^(KUBE|CNI)-/;

/** The chains of Kubernetes that are there now, whoever made them. */
export async function kubernetesChains(): Promise<Chains> {
    const found: Chains = [];
    for (const family of families) found.push(...chainsIn(family, await save(family)));
    return found;
}

/** Ours; its name makes it one of those that are removed in the end, and the jump to it too. */
const refusals = "CNI-DPSANDBOX";

/**
 * Answers "connection refused" for a Service that has no pod behind it.
 *
 * kube-proxy has a rule for that, but the CNI plugin that lets pods' packets pass stands before it: a connection to such a
 * Service would leave by the machine's default gateway. Whatever is still addressed to a Service here was given no pod.
 */
export async function refuseDeadServices(serviceCidr: string): Promise<void> {
    const iptables = (args: string[], okCodes = [0]) => run("iptables", ["-w", "10", ...args], { okCodes });
    // Exit code 1: it is there already.
    for (const name of ["CNI-ADMIN", refusals]) await iptables(["-N", name], [0, 1]);
    await iptables(["-F", refusals]);
    await iptables(["-A", refusals, "-d", serviceCidr, "-j", "REJECT"]);
    const { code } = await iptables(["-C", "CNI-ADMIN", "-j", refusals], [0, 1]);
    if (code === 1) await iptables(["-I", "CNI-ADMIN", "1", "-j", refusals]);
}

/** Removes every chain of Kubernetes and the rules that lead there, but those that were there before the sandbox. */
export async function removeChains(before: Chains): Promise<void> {
    for (const family of families) {
        const input = removal(family, await save(family), before);
        if (input) await run(`${family}-restore`, ["--noflush", "-w", "10"], { input });
    }
}

/** Input of iptables-restore that removes our chains; pure, so that it can be tested without being root. */
export function removal(family: Family, saved: string, before: Chains): string {
    const ours = new Set(chainsIn(family, saved).filter((chain) => !before.includes(chain)));
    const out: string[] = [];
    for (const [table, lines] of Object.entries(tables(saved))) {
        const mine = (chain: string | undefined) => ours.has(`${family} ${table} ${chain}`);
        const chains = lines.flatMap((line) => /^:(\S+)/.exec(line)?.slice(1) ?? []).filter(mine);
        if (chains.length === 0) continue;
        const jumps = lines.filter((line) => {
            const [, from, to] = /^-A (\S+).* -[jg] (\S+)/.exec(line) ?? [];
            return mine(to) && !mine(from);
        });
        out.push(
            `*${table}`,
            // Naming a chain empties it; only an empty one, that nothing leads to, can be deleted.
            ...chains.map((chain) => `:${chain} - [0:0]`),
            ...jumps.map((line) => line.replace(/^-A/, "-D")),
            ...chains.map((chain) => `-X ${chain}`),
            "COMMIT",
        );
    }
    return out.length ? `${out.join("\n")}\n` : "";
}

async function save(family: Family): Promise<string> {
    // A kernel without IPv6, or a machine on which iptables is not installed any more, has no chains.
    const answer = await run(`${family}-save`, []).catch(() => undefined);
    return answer?.stdout ?? "";
}

function tables(saved: string): Record<string, string[]> {
    const found: Record<string, string[]> = {};
    let table = "";
    for (const line of saved.split("\n")) {
        if (line.startsWith("*")) table = line.slice(1).trim();
        else if (table) (found[table] ??= []).push(line);
    }
    return found;
}

function chainsIn(family: Family, saved: string): Chains {
    return Object.entries(tables(saved)).flatMap(([table, lines]) =>
        lines
            .flatMap((line) => /^:(\S+)/.exec(line)?.slice(1) ?? [])
            .filter((chain) => kubernetesChain.test(chain))
            .map((chain) => `${family} ${table} ${chain}`),
    );
}
