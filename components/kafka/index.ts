import type { ComponentResourceOptions } from "@pulumi/pulumi";

import { Kafka, type KafkaArgs } from "./light";

export { Kafka, type KafkaArgs, values } from "./light";
export { applications, clusterId } from "./stream";

/** The event stream, by the maker that the config names. (STRIMZI replaces this.) */
export function eventStreams(name: string, args: KafkaArgs & { kubernetes: unknown; operator: unknown }, opts?: ComponentResourceOptions): Kafka {
    return new Kafka(name, args, opts);
}
