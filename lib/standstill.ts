import { type Usage, usageOf } from "./process-tree";

/** Seconds for which a step of a build may stand still. `DATA_PLATFORM_STILL_SECONDS` sets it. @default 600 */
export function stillLimit(): number {
    return Number(process.env.DATA_PLATFORM_STILL_SECONDS) || 600;
}

/** A step of a build that uses one part in so many of a core moves; less is what an idle one takes to look at its timers. */
const stepShare = 50;

/** Bytes written that show that something comes of it: a slow download takes hardly any CPU. */
const progressBytes = 64 * 1024;

/**
 * Tells a process that stands still from one that is only slow. A deadline by the clock is reached by load; this one isn't: the
 * count of seconds goes back by what the processes do, doesn't go on while they wait for a CPU, and begins anew with every sign of
 * progress.
 */
export class Standstill {
    /** Seconds of standing still so far. */
    private still = 0;
    private last?: { at: number; usage: Usage };
    private written = 0;

    /**
     * @param pids the processes that are watched with all that they start
     * @param limit seconds
     * @param share one part in so many of a core is enough to move: more for a program that is never quite idle
     */
    constructor(
        private readonly pids: readonly number[],
        readonly limit: number,
        private readonly share = stepShare,
    ) {}

    /** Tells of progress that is seen from outside: a line of output, another state. */
    moved(): void {
        this.still = 0;
    }

    /** Looks at the processes; to be called again and again. @returns whether they have stood still for longer than the limit */
    async look(): Promise<boolean> {
        // Those that are gone use nothing; where nothing is known of processes, the clock alone counts.
        const usage = (await usageOf(this.pids)) ?? { cpu: 0, waited: 0, written: 0 };
        const at = performance.now() / 1000;
        if (this.last) this.count(at - this.last.at, usage, this.last.usage);
        this.last = { at, usage };
        return this.still >= this.limit;
    }

    private count(seconds: number, now: Usage, before: Usage): void {
        // What a process had that somebody else has waited for is lost to the sum.
        const more = (key: keyof Usage) => Math.max(0, now[key] - before[key]);
        this.still = Math.max(0, this.still + seconds - more("waited") - this.share * more("cpu"));
        this.written += more("written");
        if (this.written < progressBytes) return;
        this.written = 0;
        this.moved();
    }
}

/** Message about one that was ended: `stands still: no output and hardly any CPU time for 10 minutes`. */
export function standingStill(limit: number): string {
    const time = limit >= 120 ? `${Math.round(limit / 60)} minutes` : `${limit} s`;
    return `stands still: no output and hardly any CPU time for ${time}`;
}
