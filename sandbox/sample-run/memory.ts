import { KubeClient, KubeObject } from "../../kubernetes/client";

/** Working sets. */
export interface Memory {
    /** GiB of all pods together, now. */
    now: number;
    /** GiB of all pods together, at most, while it was watched. */
    peak: number;
    /** MiB by pod of the platform, now. */
    pods: Record<string, number>;
    /** MiB by pod of the platform, at most; pods that are gone too. */
    peaks: Record<string, number>;
}

interface Stats {
    pods?: { podRef: { name: string; namespace: string }; memory?: { workingSetBytes?: number } }[];
}

/** Milliseconds between two looks; the kubelet itself measures every ten seconds. */
const interval = 5_000;

/** Watches what memory pods take, as the kubelet measures it, for as long as it isn't stopped. */
export class MemoryWatch {
    private readonly peaks: Record<string, number> = {};
    private peak = 0;
    private timer?: NodeJS.Timeout;

    /** @param namespaces The platform's; other pods count in the sums only. */
    constructor(
        private readonly kube: KubeClient,
        private readonly namespaces: string[],
    ) {}

    start(): this {
        this.timer = setInterval(() => void this.look().catch(() => undefined), interval);
        this.timer.unref();
        return this;
    }

    close(): void {
        clearInterval(this.timer);
    }

    /** A last look, and what was seen. */
    async stop(): Promise<Memory> {
        this.close();
        // A kubelet that is busy is no reason to fail what has gone well.
        const { pods, now } = await this.look().catch(() => ({ pods: {}, now: 0 }));
        return { now: gibibytes(now), peak: gibibytes(this.peak), pods: mebibytes(pods), peaks: mebibytes(this.peaks) };
    }

    private async look(): Promise<{ pods: Record<string, number>; now: number }> {
        const nodes = await this.kube.list("v1", "Node");
        const stats = (await Promise.all(nodes.map((node) => this.statsOf(node)))).flatMap(({ pods = [] }) => pods);
        const pods: Record<string, number> = {};
        let now = 0;
        for (const { podRef, memory } of stats) {
            const bytes = memory?.workingSetBytes ?? 0;
            now += bytes;
            if (!this.namespaces.includes(podRef.namespace)) continue;
            const name = `${podRef.namespace}/${podRef.name}`;
            pods[name] = bytes;
            this.peaks[name] = Math.max(this.peaks[name] ?? 0, bytes);
        }
        this.peak = Math.max(this.peak, now);
        return { pods, now };
    }

    private async statsOf({ metadata }: KubeObject): Promise<Stats> {
        // Without disks: on some machines the kubelet can't tell about them and then tells nothing at all.
        const path = `/api/v1/nodes/${metadata.name}/proxy/stats/summary?only_cpu_and_memory=true`;
        return JSON.parse(await this.kube.http.send({ method: "GET", path, retry: false })) as Stats;
    }
}

function gibibytes(bytes: number): number {
    return Math.round((bytes / 2 ** 30) * 100) / 100;
}

function mebibytes(bytes: Record<string, number>): Record<string, number> {
    const sorted = Object.entries(bytes).sort(([, one], [, other]) => other - one);
    return Object.fromEntries(sorted.map(([name, value]) => [name, Math.round(value / 2 ** 20)]));
}
