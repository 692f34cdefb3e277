import { z } from "zod";

import { resources } from "../parts";

export const spark = z
    .strictObject({
        operator: z.strictObject({ resources }).describe("The operator's controller."),
        historyServer: z.strictObject({ enabled: z.boolean().describe("Serve the logs of finished jobs.") }),
    })
    .describe("Spark and its operator.");

export type SparkConfig = z.infer<typeof spark>;

export const sparkDefaults: SparkConfig = {
    operator: { resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "1Gi" } } },
    historyServer: { enabled: false },
};
