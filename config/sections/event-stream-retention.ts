import { quantity } from "../units";
import type { EventStreamConfig } from "./event-stream";

type Stream = Pick<EventStreamConfig, "nodes" | "storage" | "topics">;
type Topic = Stream["topics"][number];

const mebibyte = 2 ** 20;

/** Part of a volume that topics of the stack may fill; the rest is for Kafka's own, and for what comes between two looks of its cleaner. */
const share = 0.7;

/** Bytes of a partition below which a volume is too small for its topics: Kafka takes nothing smaller than 1 MiB for one of its files. */
export const smallest = 8 * mebibyte;

/** Tells whether the oldest records of a topic go. In one that is compacted the latest of each key stays for good. */
export function expires({ config }: Pick<Topic, "config">): boolean {
    return (config?.["cleanup.policy"] ?? "delete").split(",").some((policy) => policy.trim() === "delete");
}

/**
 * A topic's settings with the size that each of its partitions may have: the topic's own `retentionBytes`, or a share of the
 * volume, so that all topics together fill seven tenths of it. Kafka throws whole files away, and only those that it no longer
 * writes to; so a file has a quarter of that at most.
 */
export function topicSettings(topic: Topic, stream: Stream): Record<string, string> {
    const { config = {}, retentionBytes } = topic;
    if (!expires(topic) || config["retention.bytes"] !== undefined) return config;
    const size = retentionBytes === undefined ? sharedSize(stream) : quantity(retentionBytes);
    return {
        "retention.bytes": String(Math.floor(size * 0.8)),
        "segment.bytes": String(Math.max(mebibyte, Math.min(2 ** 30, Math.floor(size * 0.2)))),
        ...config,
    };
}

/** Bytes for a partition that says nothing of its own. */
export function sharedSize(stream: Stream): number {
    const silent = stream.topics.filter((topic) => fixedSize(topic) === undefined);
    return roomLeft(stream) / Math.max(1, sum(silent.map((topic) => partitionsOnANode(topic, stream))));
}

/** Bytes of a volume that topics with a size of their own leave to the others. */
export function roomLeft(stream: Stream): number {
    const taken = stream.topics.map((topic) => (fixedSize(topic) ?? 0) * partitionsOnANode(topic, stream));
    return quantity(stream.storage) * share - sum(taken);
}

export function fixedSize({ config, retentionBytes }: Topic): number | undefined {
    if (retentionBytes !== undefined) return quantity(retentionBytes);
    const own = Number(config?.["retention.bytes"] ?? -1);
    return own >= 0 ? own + Number(config?.["segment.bytes"] ?? 2 ** 30) : undefined;
}

/** The most of a topic's partitions that one node has a copy of: Kafka spreads them evenly. */
function partitionsOnANode({ partitions, replicas }: Topic, { nodes }: Stream): number {
    return Math.ceil((partitions * (replicas ?? Math.min(3, nodes))) / nodes);
}

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);
