import { KubeObject } from "../client";

/** Milliseconds that one look counts at most: where this process itself didn't get to look, nobody has stood still. */
const longestLook = 10_000;

/** Tells what stands still from what is slow, by signs: one that was never seen before is progress, one that comes back isn't. */
export class Movement {
    private readonly seen = new Set<string>();
    private still = 0;
    private last = performance.now();

    /** @param limit milliseconds without a new sign */
    constructor(readonly limit: number) {}

    /** Looks at the signs of now; to be called again and again. @returns whether none was new for longer than the limit */
    stands(signs: readonly string[]): boolean {
        const now = performance.now();
        this.still += Math.min(now - this.last, longestLook);
        this.last = now;
        const known = this.seen.size;
        for (const sign of signs) this.seen.add(sign);
        if (this.seen.size > known) this.still = 0;
        return this.still > this.limit;
    }

    /** E.g. `nothing has changed for 600 s`. */
    get words(): string {
        return `nothing has changed for ${this.limit / 1000} s`;
    }
}

interface State {
    name: string;
    ready?: boolean;
    state?: { waiting?: { reason?: string }; running?: object; terminated?: { reason?: string } };
}

/**
 * Signs of pods: how many of each revision are in each state. Neither how often one has crashed nor that another one has taken its
 * place is progress.
 */
export function podSigns(pods: KubeObject[]): string[] {
    const counts = new Map<string, number>();
    for (const pod of pods) {
        for (const state of states(pod)) {
            const sign = `${revision(pod)}: ${state}`;
            counts.set(sign, (counts.get(sign) ?? 0) + 1);
        }
    }
    return [...counts].map(([sign, count]) => `${sign} (${count})`);
}

/** The pods of one template, of a Deployment; or one by itself, of the revision that it has. */
function revision({ metadata: { name, labels = {} } }: KubeObject): string {
    return labels["pod-template-hash"] ?? `${name} ${labels["controller-revision-hash"] ?? ""}`;
}

function states({ metadata, status }: KubeObject): string[] {
    const { phase, conditions, initContainerStatuses, containerStatuses } = (status ?? {}) as {
        phase?: string;
        conditions?: { type: string; status: string }[];
        initContainerStatuses?: State[];
        containerStatuses?: State[];
    };
    return [
        `${phase}${metadata.deletionTimestamp ? ", going" : ""}`,
        ...(conditions ?? []).map((each) => `${each.type} ${each.status}`),
        ...[...(initContainerStatuses ?? []), ...(containerStatuses ?? [])].map(({ name, ready, state = {} }) => {
            const reason = state.waiting?.reason ?? state.terminated?.reason ?? "";
            return `${name} ${Object.keys(state).join()} ${reason} ${ready}`;
        }),
    ];
}

/** Signs of movement by events: pulling, mounting, scheduling. One that is told again is nothing new. */
export function eventSigns(events: KubeObject[]): string[] {
    return events.map(({ reason, involvedObject }) => {
        const { kind, name } = (involvedObject ?? {}) as { kind?: string; name?: string };
        return `${kind} ${name}: ${String(reason)}`;
    });
}

/** A line of a log as a sign: the same one with another time or number is nothing new. */
export function logSign(line: string): string {
    return line.replace(/\d+/g, "0");
}
