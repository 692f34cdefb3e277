import { z } from "zod";

import { timeZone } from "../texts";
import { cron } from "../units";

export const workloads = z
    .strictObject({
        flights: z
            .strictObject({
                enabled: z.boolean().describe("Deploy the sample pipeline."),
                schedule: cron.optional().describe("When its DAG runs; without it only when it is asked to."),
                timeZone: timeZone.describe("Time zone of the schedule, e.g. Etc/UTC."),
                priority: z
                    .enum(["critical", "batch"])
                    .describe("critical makes room for itself at the cost of batch; batch waits until there is room."),
            })
            .describe("The sample: flights through Kafka and Spark into tables, a model and its predictions."),
    })
    .describe("The team's own ETL workloads.");

export type WorkloadsConfig = z.infer<typeof workloads>;

/** Once a day, early. */
export const workloadsDefaults: WorkloadsConfig = {
    flights: { enabled: true, schedule: "0 5 * * *", timeZone: "Etc/UTC", priority: "batch" },
};
