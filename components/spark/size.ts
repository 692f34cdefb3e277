import { Resources } from "../../config/schema";

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
}

/** The parts of a driver or an executor that a SparkApplication names. */
export function sizing(size: SparkSize): Record<string, unknown> {
    return {
        cores: size.cores ?? 1,
        coreRequest: cpu(size),
        ...(size.cpuLimit ? { coreLimit: size.cpuLimit } : {}),
        memory: `${mebibytes(size.memory)}m`,
        memoryOverhead: `${overhead(size)}m`,
    };
}

/** The same as Kubernetes sees it. Spark writes these numbers into the pod itself. */
export function podResources(size: SparkSize): Resources {
    const memory = `${mebibytes(size.memory) + overhead(size)}Mi`;
    return {
        requests: { cpu: cpu(size), memory },
        limits: { memory, ...(size.cpuLimit ? { cpu: size.cpuLimit } : {}) },
    };
}

function cpu({ cores = 1, cpu: request = String(cores) }: SparkSize): string {
    return request;
}

function overhead({ memory, memoryOverhead }: SparkSize): number {
    // Spark's own rule for Python, written down so that it is known before the pod is there.
    return memoryOverhead ? mebibytes(memoryOverhead) : Math.max(384, Math.ceil(mebibytes(memory) * 0.4));
}

/** MiB of a size as Java writes it. */
function mebibytes(text: string): number {
    return Number.parseInt(text, 10) * (text.endsWith("g") ? 1024 : 1);
}
