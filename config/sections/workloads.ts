import { z } from "zod";

import { grants } from "../../workloads/access";
import type { Access } from "../../workloads/declaration";
import { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
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

const said = {
    bucket: { read: "reader", write: "writer" },
    topic: { read: "consumer", write: "producer" },
};

/** If the sample is on, the buckets and topics that it uses must be there and open to it. */
export function flightsWired({ workloads, objectStore, eventStream }: PlatformConfig): Problem[] {
    if (!workloads.flights.enabled) return [];
    const missing = (kind: keyof typeof said, allowed: (thing: string) => Allowed) =>
        grants(kind)
            .filter(({ name, access, app }) => !allowed(name)[access]?.includes(app))
            .map(({ name, access, app }) => `a ${kind} "${name}" with the ${said[kind][access]} "${app}"`);
    const problem = (key: string, found: string[]): Problem[] =>
        found.length === 0
            ? []
            : [
                  {
                      key,
                      message: `must have ${found.join(", ")}, because workloads.flights.enabled is true; add what is missing or switch the sample off`,
                  },
              ];
    return [
        ...problem(
            "objectStore.buckets",
            missing("bucket", (bucket) => {
                const { writers = [], readers = [] } = objectStore.buckets.find(({ name }) => name === bucket) ?? {};
                return { write: writers, read: [...readers, ...writers] };
            }),
        ),
        ...problem(
            "eventStream.topics",
            missing("topic", (topic) => {
                const there = eventStream.topics.find(({ name }) => name === topic);
                return { write: there?.producers, read: there?.consumers };
            }),
        ),
    ];
}

/** Who may do what with a bucket or a topic. */
type Allowed = Record<Access, string[] | undefined>;
