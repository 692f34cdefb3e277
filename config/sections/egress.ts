import { z } from "zod";

import { resources, resourcesOf } from "../common";

export const egress = z
    .strictObject({
        replicas: z.number().int().min(1).max(10).describe("Number of proxies, each of which does for all workloads."),
        resources,
    })
    .describe(
        "The proxy by which workloads reach the hosts that they name (egress: [{ host: … }]). It is made when one does, and not with networkPlugin cilium, which knows names itself.",
    );

/** The system of the proxy, which has a namespace of its own where it is made. */
export const egressSystem = "egress";

export type EgressConfig = z.infer<typeof egress>;

/** Measured: 25 MiB with nothing to do, and about 40 kB a connection. */
export const egressDefaults: EgressConfig = { replicas: 1, resources: resourcesOf("20m", "48Mi", "192Mi") };
