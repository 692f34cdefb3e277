import { z } from "zod";

import { settings } from "../free-maps";
import { timeZone } from "../texts";
import { cron, name } from "../units";

const priority = z
    .enum(["critical", "batch"])
    .describe("critical makes room for itself at the cost of batch; batch waits until there is room.");

export const workloads = z
    .strictObject({
        flights: z
            .strictObject({
                enabled: z.boolean().describe("Deploy the sample pipeline."),
                schedule: cron.optional().describe("When its DAG runs; without it only when it is asked to."),
                timeZone: timeZone.describe("Time zone of the schedule, e.g. Etc/UTC."),
                priority,
            })
            .describe("The sample: flights through Kafka and Spark into tables, a model and its predictions."),
        own: z
            .record(
                name,
                z.strictObject({
                    enabled: z.boolean().optional().describe("Deploy it. Default: true."),
                    schedule: cron.optional().describe("When it runs. Default: as its declaration has it."),
                    timeZone: timeZone.optional().describe("Time zone of the schedule."),
                    priority: priority.optional(),
                    settings: settings.optional().describe("Variables of its environment; never a secret."),
                }),
            )
            .optional()
            .describe(
                "Workloads of your own by <name>, as far as stacks differ: {enabled, schedule, timeZone, priority, settings}. The program names them by `ownWorkloads`.",
            ),
    })
    .describe("The team's own ETL workloads.");

export type WorkloadsConfig = z.infer<typeof workloads>;

/** Once a day, early. */
export const workloadsDefaults: WorkloadsConfig = {
    flights: { enabled: true, schedule: "0 5 * * *", timeZone: "Etc/UTC", priority: "batch" },
};
