import { z } from "zod";

import { cron } from "../units";

export const workloads = z
    .strictObject({
        flights: z
            .strictObject({
                enabled: z.boolean().describe("Deploy the sample pipeline."),
                landSchedule: cron.describe("When new records are landed in the bucket `bronze`."),
                auditSchedule: cron.describe("When what has landed is read back and counted."),
                timeZone: z.string().min(1).describe("Time zone of the schedules, e.g. Etc/UTC."),
            })
            .describe("The sample: flights through Kafka into the object store."),
    })
    .describe("The team's own ETL workloads.");

export type WorkloadsConfig = z.infer<typeof workloads>;

export const workloadsDefaults: WorkloadsConfig = {
    flights: { enabled: true, landSchedule: "*/15 * * * *", auditSchedule: "0 6 * * *", timeZone: "Etc/UTC" },
};
