import { z } from "zod";

import { resources } from "../common";
import { registryPath } from "../texts";

export const spark = z
    .strictObject({
        operator: z
            .strictObject({
                resources,
                imageRegistry: registryPath
                    .optional()
                    .describe("Where the operator's own image comes from; without it upstream's registry."),
            })
            .describe("The operator's controller, inside which each submission takes about 300 MiB for some seconds."),
        historyServer: z
            .strictObject({
                enabled: z.boolean().describe("Serve the event logs of jobs, on localhost of its pod."),
                resources,
            })
            .describe("Spark's history server."),
    })
    .describe("Spark and its operator.");

export type SparkConfig = z.infer<typeof spark>;

export const sparkDefaults: SparkConfig = {
    operator: { resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "1Gi" } } },
    historyServer: {
        enabled: false,
        resources: { requests: { cpu: "50m", memory: "512Mi" }, limits: { memory: "1Gi" } },
    },
};
