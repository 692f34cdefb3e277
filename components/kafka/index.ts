import * as pulumi from "@pulumi/pulumi";

import { EventStream, SecretRef } from "../contracts";
import { Kafka, KafkaArgs } from "./kraft";
import { StrimziKafka, StrimziKafkaArgs } from "./strimzi";

export { Kafka, type KafkaArgs, values } from "./kraft";
export { applications, clusterId } from "./stream";
export { StrimziKafka, type StrimziKafkaArgs } from "./strimzi";

export type EventStreamArgs = KafkaArgs & StrimziKafkaArgs;

/** The event stream, by the maker that the config names, and where the administrator's password is. */
export function eventStreams(
    name: string,
    args: EventStreamArgs,
    opts?: pulumi.ComponentResourceOptions,
): EventStream & { admin: SecretRef } {
    return args.kind === "strimzi" ? new StrimziKafka(name, args, opts) : new Kafka(name, args, opts);
}
