import { canonicalQuantity } from "../../config/canonical";
import type { EtlVolume } from "../etl/args";
import type { EtlResources } from "../etl/resources";

/** Size of a driver or an executor. */
export interface SparkSize {
    /** Tasks that run in it at a time. @default 1 */
    cores?: number;
    /** CPU that is kept for it, as Kubernetes writes it, e.g. `100m`; it may use more where there is more. @default as many as its cores */
    cpu?: string;
    /** CPU that it can't exceed. @default none */
    cpuLimit?: string;
    /** Java's heap, e.g. `512m` or `2g`. */
    memory: string;
    /** For all that isn't heap: Python, threads, buffers. @default 40 % of the heap, 384m at least */
    memoryOverhead?: string;
    /** Devices of each of its pods, by the name of their resource: `{ "nvidia.com/gpu": 1 }`. @default none */
    devices?: Record<`${string}/${string}`, number>;
    /** Space on the node's disk that is kept for each of its pods, and that it can't exceed, scratch space on the node included. @default not counted */
    ephemeralStorage?: string;
    /**
     * Space for shuffles and spills: on the node, or on a claim of a StorageClass that is made and deleted with the pod.
     * @default on the node, without a limit
     */
    scratch?: { sizeLimit: string; storageClass?: string };
}

/** The parts of a driver or an executor that a SparkApplication names. */
export function sizing(size: SparkSize): Record<string, unknown> {
    return {
        cores: size.cores ?? 1,
        coreRequest: cpu(size),
        ...(size.cpuLimit ? { coreLimit: canonicalQuantity(size.cpuLimit) } : {}),
        memory: `${mebibytes(size.memory)}m`,
        memoryOverhead: `${overhead(size)}m`,
    };
}

/** The same as Kubernetes sees it. Spark writes these numbers into the pod itself. */
export function podResources(size: SparkSize): EtlResources {
    const memory = `${mebibytes(size.memory) + overhead(size)}Mi`;
    const disk = size.ephemeralStorage ? { "ephemeral-storage": size.ephemeralStorage } : {};
    return {
        requests: { cpu: cpu(size), memory, ...disk },
        limits: { memory, ...(size.cpuLimit ? { cpu: size.cpuLimit } : {}), ...disk, ...size.devices },
    };
}

function cpu({ cores = 1, cpu: request = String(cores) }: SparkSize): string {
    return canonicalQuantity(request);
}

function overhead({ memory, memoryOverhead }: SparkSize): number {
    // Spark's own rule for Python, written down so that it is known before the pod is there.
    return memoryOverhead ? mebibytes(memoryOverhead) : Math.max(384, Math.ceil(mebibytes(memory) * 0.4));
}

/** MiB of a size as Java writes it. */
function mebibytes(text: string): number {
    return Number.parseInt(text, 10) * (text.endsWith("g") ? 1024 : 1);
}

/** Volume that Spark takes for shuffles and spills, because of the beginning of its name. */
export const scratchPlace = { name: "spark-local-dir-1", mountPath: "/var/data/spark-local-dir-1" };

export function scratchVolumes({ scratch }: SparkSize): EtlVolume[] {
    return scratch ? [{ ...scratchPlace, kind: "scratch", ...scratch }] : [];
}
