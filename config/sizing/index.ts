import type { PlatformConfig } from "../schema";
import { canonicalQuantity } from "../canonical";
import { quantity } from "../units";
import { Part } from "./part";
import { parts } from "./parts";

/** Sums of a namespace, in CPUs and bytes. */
export interface Sums {
    cpu: number;
    memory: number;
    memoryLimit: number;
    pods: number;
    storage: number;
}

/** Quantities that may be bounded in a namespace. */
export type Bounds = Sums & { volumes: number };

/** Pods as far as they are counted. */
export type Counted = Pick<Part, "pods" | "surge" | "resources" | "storage">;

/** Sum of a namespace's pods and volumes. */
export function sums(of: Counted[], { rollout }: { rollout: boolean }): Sums {
    const add = (part: Counted, each: (part: Counted) => number) =>
        each(part) * (part.pods + (rollout ? part.surge : 0));
    const total = (each: (part: Counted) => number) => of.reduce((sum, part) => sum + add(part, each), 0);
    return {
        cpu: total(({ resources }) => quantity(resources.requests.cpu)),
        memory: total(({ resources }) => quantity(resources.requests.memory)),
        memoryLimit: total(({ resources }) => quantity(resources.limits.memory)),
        pods: total(() => 1),
        storage: of.reduce((sum, { pods, storage }) => sum + (storage ? quantity(storage) * pods : 0), 0),
    };
}

/** Sum of a stack's pods and volumes in one namespace: it must fit into the quota. */
export function declared(config: PlatformConfig, system: Part["system"]): Sums {
    const own = parts(config).filter((part) => part.system === system && !part.onDemand);
    return sums(own, { rollout: false });
}

/** A sum as a quantity of Kubernetes, rounded up. */
export function formatQuantity(resource: keyof Bounds, value: number): string {
    if (resource === "pods" || resource === "volumes") return String(value);
    if (resource === "cpu") return canonicalQuantity(`${Math.ceil(value * 1000 - 1e-6)}m`);
    return canonicalQuantity(`${Math.ceil(value / 2 ** 20 - 1e-6)}Mi`);
}
