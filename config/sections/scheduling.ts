import { z } from "zod";

import { labelValue, metadataKey } from "../texts";

/** A taint that pods put up with; what its keys are together is said by `tolerationProblems`. */
export const toleration = z.strictObject({
    key: metadataKey.optional().describe("Key of the taint. Default: any, with operator Exists."),
    operator: z.enum(["Exists", "Equal"]).optional().describe("Default Equal."),
    value: labelValue.optional().describe("Value of the taint, for operator Equal."),
    effect: z
        .enum(["NoSchedule", "PreferNoSchedule", "NoExecute"])
        .optional()
        .describe("Effect of the taint. Default: any."),
    tolerationSeconds: z
        .number()
        .int()
        .min(0)
        .optional()
        .describe("For NoExecute: how long, in seconds. Default: for good."),
});

const nodes = z.strictObject({
    nodeSelector: z
        .record(metadataKey, labelValue)
        .optional()
        .describe('Labels that a node must have, e.g. {"node-pool": "data"}. Default: any node.'),
    tolerations: z.array(toleration).optional().describe("Taints of nodes that these pods put up with. Default: none."),
});

export const scheduling = z
    .strictObject({
        platform: nodes.describe("Nodes of the servers."),
        batch: nodes.describe("Nodes of ETL: Airflow's tasks, Spark, and the team's own workloads."),
        podAntiAffinity: z
            .enum(["required", "preferred"])
            .describe(
                "Whether replicas that hold data (MinIO, Kafka, PostgreSQL) may share a node. required: never, a replica without a node of its own stays Pending; preferred: only where there are too few nodes.",
            ),
    })
    .describe("Node pools, by label and taint, and what stands apart.");

export type SchedulingConfig = z.infer<typeof scheduling>;

export const schedulingDefaults: SchedulingConfig = { platform: {}, batch: {}, podAntiAffinity: "preferred" };
