import { z } from "zod";

import { text } from "../texts";
import { bytes, cpu, deviceForm, name } from "../units";

const quota = z
    .strictObject({
        cpu: cpu.optional().describe("Sum of what pods request."),
        memory: bytes.optional().describe("Sum of what pods request."),
        memoryLimit: bytes.optional().describe("Sum of the limits of pods."),
        pods: z.number().int().min(1).optional().describe("Pods at a time."),
        storage: bytes.optional().describe("Sum of the sizes of volumes."),
        ephemeralStorage: bytes
            .optional()
            .describe(
                "Sum of what pods request on their nodes' disks; a container that says nothing counts as 64Mi. Default: not counted.",
            ),
        devices: z
            .record(
                text("device", deviceForm, 'must be the resource of a device, such as "nvidia.com/gpu"'),
                z.number().int().min(0),
            )
            .optional()
            .describe(
                "Devices at a time, by the name of their resource, such as `nvidia.com/gpu: 4`. Default: not counted.",
            ),
        volumes: z.number().int().min(0).optional().describe("Volumes at a time."),
    })
    .optional()
    .describe("Limits of the namespace. Default: by what the stack declares there.");

export const namespaces = z
    .strictObject({
        prefix: name.optional().describe("Namespaces are <prefix>-<system>. Default: the stack's name."),
        podSecurityVersion: text(
            "podSecurityVersion",
            /^(latest|v1\.\d+)$/,
            'must be "latest" or a version such as "v1.34"',
        ).describe("Version of the Pod Security Standard `restricted` that every namespace enforces."),
        quotas: z
            .strictObject({
                storage: quota,
                streaming: quota,
                database: quota,
                tracking: quota,
                orchestration: quota,
                jobs: quota,
            })
            .describe(
                "Limits of each namespace as a whole. Default: what the stack declares there, with room for rollouts; for jobs by profile.",
            ),
    })
    .describe("Every system has a namespace of its own.");

export type QuotaConfig = NonNullable<z.infer<typeof quota>>;
export type NamespacesConfig = z.infer<typeof namespaces>;
