import { closest, distance } from "fastest-levenshtein";

import { quote } from "../quote";

/** Reason why a text is no name of a topic. */
export function topicProblem(name: string): string | undefined {
    const form = "must be letters, digits, dots, dashes and underscores, not beginning with a dash";
    if (name === "." || name === "..") return `${form}, and not ${quote(name)} alone, which Kafka refuses`;
    if (!/^[A-Za-z0-9._][A-Za-z0-9._-]*$/.test(name)) return `${form}, not ${quote(name)}`;
    if (name.startsWith("__")) {
        return `${quote(name)} begins with "__", by which Kafka's own topics are known, such as __consumer_offsets; take another name`;
    }
    return name.length > 249 ? `has ${name.length} characters, and Kafka takes 249 at most` : undefined;
}

/** Name by which Kafka's metrics know a topic: there dots and underscores are one, so it refuses the second of two that differ in these. */
export function metricName(topic: string): string {
    return topic.replaceAll(".", "_");
}

/** Numbers from one to another; a fraction only where it is said. */
interface Range {
    low: number;
    high: number;
    fraction?: boolean;
}
/** Words that a setting may have; with `list` several of them. */
interface Words {
    words: string[];
    list?: boolean;
}
type Type = Range | Words | "any";

const long = (low: number): Range => ({ low, high: Number.MAX_SAFE_INTEGER });
const int = (low: number, high = 2 ** 31 - 1): Range => ({ low, high });
const flag: Words = { words: ["true", "false"] };

/** Settings of topics, as Kafka 4 has them (org.apache.kafka.storage.internals.log.LogConfig). */
const settings: Record<string, Type> = {
    "cleanup.policy": { words: ["compact", "delete"], list: true },
    "compression.gzip.level": int(-1, 9),
    "compression.lz4.level": int(1, 17),
    "compression.type": { words: ["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"] },
    "compression.zstd.level": int(-131072, 22),
    "delete.retention.ms": long(0),
    "file.delete.delay.ms": long(0),
    "flush.messages": long(1),
    "flush.ms": long(0),
    "follower.replication.throttled.replicas": "any",
    "index.interval.bytes": int(0),
    "leader.replication.throttled.replicas": "any",
    "local.retention.bytes": long(-2),
    "local.retention.ms": long(-2),
    "max.compaction.lag.ms": long(1),
    "max.message.bytes": int(0),
    "message.timestamp.after.max.ms": long(0),
    "message.timestamp.before.max.ms": long(0),
    "message.timestamp.type": { words: ["CreateTime", "LogAppendTime"] },
    "min.cleanable.dirty.ratio": { low: 0, high: 1, fraction: true },
    "min.compaction.lag.ms": long(0),
    "min.insync.replicas": int(1),
    preallocate: flag,
    "remote.log.copy.disable": flag,
    "remote.log.delete.on.disable": flag,
    "remote.storage.enable": flag,
    "retention.bytes": long(-1),
    "retention.ms": long(-1),
    "segment.bytes": int(2 ** 20),
    "segment.index.bytes": int(4),
    "segment.jitter.ms": long(0),
    "segment.ms": long(1),
    "unclean.leader.election.enable": flag,
};

const names = Object.keys(settings);

/** Settings of brokers, which both makers keep to themselves: who may come in and do what, and where things lie. */
export const brokerSettings =
    /^(advertised|authorizer|controller|inter|listeners?|log\.dirs?|node|principal|process|sasl|security|ssl|super)\b/;

/** Reason why there is no such setting of a topic's. Those of brokers have a rule of their own. */
export function topicSettingProblem(key: string): string | undefined {
    if (Object.hasOwn(settings, key) || brokerSettings.test(key)) return undefined;
    const meant = closest(key.toLowerCase().replace(/[_-]/g, "."), names);
    const near = distance(key.toLowerCase().replace(/[_-]/g, "."), meant) <= Math.max(2, Math.floor(meant.length / 4));
    return `must be a setting of Kafka's topics${near ? `; did you mean "${meant}"?` : `: ${names.join(", ")}`}`;
}

/** Reason why a setting of a topic's can't have this value. */
export function topicValueProblem(key: string, value: string): string | undefined {
    const type = Object.hasOwn(settings, key) ? settings[key] : "any";
    if (type === "any") return undefined;
    if ("words" in type) {
        const given = type.list ? value.split(",").map((word) => word.trim()) : [value];
        const said = `${type.list ? "some of " : ""}${type.words.join(type.list ? ", " : " or ")}`;
        return given.every((word) => type.words.includes(word)) ? undefined : `must be ${said}, not ${quote(value)}`;
    }
    const { low, high, fraction = false } = type;
    const number = (fraction ? /^-?\d+(\.\d+)?$/ : /^-?\d{1,16}$/).test(value) ? Number(value) : NaN;
    if (number >= low && number <= high) return undefined;
    const range = high === Number.MAX_SAFE_INTEGER ? `from ${low} on` : `from ${low} to ${high}`;
    return `must be a ${fraction ? "" : "whole "}number ${range}, not ${quote(value)}`;
}
