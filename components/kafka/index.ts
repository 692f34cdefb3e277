import * as pulumi from "@pulumi/pulumi";

import { EventStreamConfig } from "../../config/schema";
import { EventStream, SecretRef } from "../contracts";
import { KraftKafka, KraftKafkaArgs } from "./kraft";
import { StrimziKafka, StrimziKafkaArgs } from "./strimzi";

export { KraftKafka, type KraftKafkaArgs, values } from "./kraft";
export { applications, clusterId } from "./stream";
export { StrimziKafka, type StrimziKafkaArgs } from "./strimzi";

export interface EventStreamArgs extends Omit<KraftKafkaArgs & StrimziKafkaArgs, keyof EventStreamConfig> {
    config: EventStreamConfig;
}

/** The event stream, by the maker that the config names, and where the administrator's password is. */
export function createEventStream(
    name: string,
    { config, chart, operator, network, ...args }: EventStreamArgs,
    opts?: pulumi.ComponentResourceOptions,
): EventStream & { admin: SecretRef } {
    return config.kind === "strimzi"
        ? new StrimziKafka(name, { ...config, ...args, operator, network }, opts)
        : new KraftKafka(name, { ...config, ...args, chart }, opts);
}
