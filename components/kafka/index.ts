export { Kafka, type KafkaArgs, values } from "./light";
export { applications, clusterId } from "./stream";
