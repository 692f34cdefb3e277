import { readdir, readFile } from "node:fs/promises";

/** Resources that processes have used since they began, those included that they have started and that have ended. */
export interface Usage {
    /** Seconds on a CPU. */
    cpu: number;
    /** Seconds that their threads were ready to run and had to wait for a CPU. */
    waited: number;
    /** Bytes written to files, pipes and sockets. */
    written: number;
}

/** Clock ticks a second in /proc/<pid>/stat; the same on every Linux that Node runs on. */
const ticks = 100;

/** The processes with these numbers, and all that descend from them. Nothing where there is no /proc. */
export async function treeOf(roots: readonly number[]): Promise<number[]> {
    const numbers = await processNumbers().catch(() => []);
    const children = new Map<number, number[]>();
    const alive = new Set<number>();
    await Promise.all(
        numbers.map(async (pid) => {
            const [state, above] = (await statOf(pid)) ?? [];
            const parent = Number(above);
            children.set(parent, [...(children.get(parent) ?? []), pid]);
            // A dead one that nobody has waited for is there no more, but what it has used still is.
            if (state && !["Z", "X"].includes(state)) alive.add(pid);
        }),
    );
    const found = new Set(roots.filter((pid) => alive.has(pid)));
    // A set is walked in the order of insertion, also over what is added meanwhile.
    for (const pid of found) children.get(pid)?.forEach((child) => found.add(child));
    return [...found];
}

/** Sums the use of processes and of all below them; none where there is no /proc. */
export async function usageOf(roots: readonly number[]): Promise<Usage | undefined> {
    const each = await Promise.all((await treeOf(roots)).map(usageOfOne));
    if (each.length === 0) return undefined;
    const sum = (key: keyof Usage) => each.reduce((total, one) => total + one[key], 0);
    return { cpu: sum("cpu"), waited: sum("waited"), written: sum("written") };
}

async function usageOfOne(pid: number): Promise<Usage> {
    const [stat, waits, io] = await Promise.all([
        statOf(pid),
        waitsOf(pid),
        readFile(`/proc/${pid}/io`, "utf8").catch(() => ""),
    ]);
    // Of its own and of the children that it has waited for, each as user and in the kernel.
    const cpu = (stat ?? []).slice(11, 15).reduce((total, field) => total + Number(field), 0) / ticks;
    return { cpu, waited: waits, written: Number(/^wchar: (\d+)$/m.exec(io)?.[1] ?? 0) };
}

/** The numbers of all processes. @throws where there is no /proc */
export async function processNumbers(): Promise<number[]> {
    return (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Fields of /proc/<pid>/stat from the third on, which is the state; undefined where there is no such process. */
export async function statOf(pid: number): Promise<string[] | undefined> {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
    // The name in parentheses may itself hold blanks and parentheses.
    return stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** Seconds for which the threads of a process have waited for a CPU; each has its own count. */
async function waitsOf(pid: number): Promise<number> {
    const threads = await readdir(`/proc/${pid}/task`).catch(() => [] as string[]);
    const waits = await Promise.all(
        threads.map(async (thread) => {
            const line = await readFile(`/proc/${pid}/task/${thread}/schedstat`, "utf8").catch(() => "");
            return Number(line.split(" ")[1] ?? 0) / 1e9;
        }),
    );
    return waits.reduce((total, one) => total + one, 0);
}
