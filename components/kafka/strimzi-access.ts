import { createHash } from "node:crypto";

import { topicSettings } from "../../config/sections/event-stream-retention";
import { accessOf, copies, StreamArgs } from "./stream";
import { Acl, KafkaTopicSpec, KafkaUserSpec } from "./strimzi-types";

type Topic = StreamArgs["topics"][number];

/**
 * The name of a topic's object. Kafka allows letters, digits, dots, dashes and underscores, Kubernetes fewer: what it wouldn't
 * allow is replaced, and a short hash of the real name keeps two such topics apart.
 */
export function topicObjectName(topic: string): string {
    if (/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(topic)) return topic;
    const readable = topic
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .slice(0, 240)
        .replace(/^-+|-+$/g, "");
    const hash = createHash("sha256").update(topic).digest("hex").slice(0, 8);
    return readable ? `${readable}-${hash}` : `topic-${hash}`;
}

export function topicSpec(topic: Topic, args: Pick<StreamArgs, "nodes" | "storage" | "topics">): KafkaTopicSpec {
    return {
        topicName: topic.name,
        partitions: topic.partitions,
        replicas: topic.replicas ?? copies(args),
        config: topicSettings(topic, args),
    };
}

/** An application with the rights that its topics give it, and a password of ours. */
export function userSpec(app: string, topics: Topic[], secret: string): KafkaUserSpec {
    return { ...superuserSpec(secret), authorization: { type: "simple", acls: acls(app, topics) } };
}

/** Somebody whose name alone gives all rights. */
export function superuserSpec(secret: string): KafkaUserSpec {
    return {
        authentication: {
            type: "scram-sha-512",
            password: { valueFrom: { secretKeyRef: { name: secret, key: "password" } } },
        },
    };
}

function acls(app: string, topics: Topic[]): Acl[] {
    const { produce, consume } = accessOf(app, topics);
    const topic = (name: string, operation: "Read" | "Write"): Acl => ({
        resource: { type: "topic", name, patternType: "literal" },
        operations: [operation, "Describe"],
    });
    return [
        ...produce.map((name) => topic(name, "Write")),
        ...consume.map((name) => topic(name, "Read")),
        // An application's transactions and consumer groups begin with its name.
        { resource: { type: "transactionalId", name: app, patternType: "prefix" }, operations: ["Write", "Describe"] },
        { resource: { type: "group", name: app, patternType: "prefix" }, operations: ["Read", "Describe"] },
    ];
}
