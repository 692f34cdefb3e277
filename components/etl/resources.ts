import { z } from "zod";

import { canonicalResources } from "../../config/canonical";
import { Resources } from "../../config/schema";
import { cpu, deviceForm, size } from "../../config/units";

/** Space on the node's own disk: what is written to its root, its log, and scratch space that is no claim. */
interface Disk {
    /** @default none: not counted */
    "ephemeral-storage"?: string;
}

/** Requests and limits of a container, in Kubernetes' words. */
export interface EtlResources {
    requests: Resources["requests"] & Disk;
    /** Devices are whole ones, as their plugin names them. What is limited is requested as well. */
    limits: Resources["limits"] & Disk & { [device: `${string}/${string}`]: number };
}

/** Devices by the name of their resource. */
export const devices = z.record(
    z.string().regex(deviceForm, 'must be the resource of a device, such as "nvidia.com/gpu"'),
    z.number().int().min(1),
);

const limited = { cpu: cpu.optional(), memory: size, "ephemeral-storage": size.optional() };

export const resources = z.object({
    requests: z.strictObject({ cpu, memory: size, "ephemeral-storage": size.optional() }),
    limits: z
        .object(limited)
        .catchall(z.number().int().min(1))
        .superRefine((limits, context) => {
            for (const name of Object.keys(limits).filter((each) => !(each in limited) && !deviceForm.test(each))) {
                const message =
                    'is no resource; there are cpu, memory, ephemeral-storage, and those of devices, such as "nvidia.com/gpu"';
                context.addIssue({ code: "custom", path: [name], message });
            }
        }),
});

/** The same as a container has them: every amount is a text, and in the API server's spelling. */
export function containerResources({ requests, limits }: EtlResources) {
    const texts = (amounts: object) =>
        Object.fromEntries(
            Object.entries(amounts as Record<string, string | number>).map(([name, amount]) => [name, String(amount)]),
        );
    return canonicalResources({ requests: texts(requests), limits: texts(limits) });
}
