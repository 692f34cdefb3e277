/** Seed of what is made up: the same inputs each time, others with another `FUZZ_SEED`. */
export const seed = Number(process.env.FUZZ_SEED ?? 20_261_201);

/** Seconds of CPU that work takes: others on the machine don't count. */
export function cpuSeconds(work: () => void): number {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
}
