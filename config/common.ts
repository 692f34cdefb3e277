import { z } from "zod";

import { objectName } from "./texts";
import { cpu, size } from "./units";

// Groups of keys that several systems have in common.

export const resources = z
    .strictObject({
        requests: z
            .strictObject({
                cpu: cpu.describe("CPUs that each pod is sure of."),
                memory: size.describe("Memory that each pod is sure of."),
            })
            .describe("What the scheduler sets aside."),
        limits: z
            .strictObject({
                cpu: cpu.optional().describe("CPUs above which a pod is throttled. Default: no limit."),
                memory: size.describe("Memory above which a container is killed."),
            })
            .describe("Where the kernel stops it. No CPU limit by default: it throttles below what the node has free."),
    })
    .describe("CPU and memory of each pod.");

export const volume = {
    storage: size.describe("Size of each data volume."),
    storageClass: objectName.optional().describe("StorageClass of the volumes; without it the cluster's default."),
    retain: z.boolean().describe("Keep volumes and their namespace when the stack is destroyed."),
};

export const rotation = z
    .number()
    .int()
    .min(1)
    .describe("Raise by one to replace every generated password of this system and restart what uses them.");

/** Goes with `replicas`, which it is the upper end of. */
export const maxReplicas = z
    .number()
    .int()
    .min(1)
    .max(50)
    .optional()
    .describe(
        "Up to how many there may be when their CPUs are busy (75 % of what they request). Default: as many as replicas.",
    );

export type Resources = z.infer<typeof resources>;

/** Requests of a pod, and the limit of its memory; without a limit of CPU. */
export function resourcesOf(cpu: string, memory: string, limit: string): Resources {
    return { requests: { cpu, memory }, limits: { memory: limit } };
}
