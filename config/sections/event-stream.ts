import { z } from "zod";

import { sampleTopics } from "../../workloads/access";
import { cidrs } from "../addresses";
import { resources, rotation, volume } from "../common";
import { annotations } from "../free-maps";
import { hostName, metadataKey, text } from "../texts";
import { javaSize, name, size } from "../units";
import { topicProblem, topicSettingProblem } from "../values/topics";

const settingKey = text(
    "kafkaSetting",
    /^[a-z][a-z0-9]*(\.[a-z0-9]+)*$/,
    'must be a setting of Kafka\'s such as "retention.ms"',
    topicSettingProblem,
).max(100);

/** It becomes a line of a properties file, and a word of a command of Kafka's tools; -1 is a usual one. */
const settingValue = text(
    "kafkaValue",
    /^[A-Za-z0-9._:,*+-]*$/,
    "must be letters, digits and . _ : , * + - only, as Kafka's settings of topics are",
).max(1000);

const topic = z.strictObject({
    name: text(
        "topic",
        /^[a-zA-Z0-9._][a-zA-Z0-9._-]*$/,
        "must be letters, digits, dots, dashes and underscores, not beginning with a dash",
        topicProblem,
    )
        .max(249)
        .describe("Kafka topic name."),
    partitions: z.number().int().min(1).max(1000).describe("May grow later, never shrink."),
    replicas: z.number().int().min(1).max(9).optional().describe("Copies of each partition. Default: min(3, nodes)."),
    retentionBytes: size
        .optional()
        .describe(
            "Size that each partition may have, on each node with a copy; then its oldest records go. Default: an even share of seven tenths of storage. Not for compacted topics.",
        ),
    config: z.record(settingKey, settingValue).optional().describe("Topic settings, e.g. retention.ms."),
    producers: z.array(name).describe("Applications that may write."),
    consumers: z.array(name).describe("Applications that may read."),
});

const heap = javaSize.describe("Java heap of a node.");

export const eventStream = z
    .strictObject({
        kind: z
            .enum(["strimzi", "kafka"])
            .describe("The maker of the event stream: Strimzi's operator, or one light chart without an operator."),
        ...volume,
        nodes: z
            .number()
            .int()
            .min(1)
            .max(15)
            .describe("Brokers. Without controllers of their own they are controllers too: 1, 3, 5 or 7."),
        controllers: z
            .strictObject({
                nodes: z.number().int().min(1).max(7).describe("1, 3, 5 or 7."),
                storage: size.describe("Size of each volume."),
                heap,
                resources,
            })
            .optional()
            .describe("Controllers on nodes of their own, for kind strimzi. Default: none."),
        rack: z
            .strictObject({
                topologyKey: metadataKey.describe("Label of nodes that names their zone."),
            })
            .optional()
            .describe("Copies of a partition go to different zones, for kind strimzi. Default: not looked at."),
        minInsyncReplicas: z
            .number()
            .int()
            .min(1)
            .max(9)
            .describe("Copies that must have a record before it counts as written."),
        heap,
        resources,
        external: z
            .strictObject({
                kind: z
                    .enum(["loadBalancer", "nodePort"])
                    .describe(
                        "A load balancer for the first question and one a broker, or a port of every node for each.",
                    ),
                host: hostName.describe(
                    "Name that clients outside begin with. Of load balancers each broker has a name of its own below it, broker-<number>.<host>; with nodePort all ports are this host's, which stands for the nodes.",
                ),
                from: cidrs.describe(
                    "Addresses that may connect; with nodePort those of the nodes too, which pass it on.",
                ),
                className: name.optional().describe("LoadBalancerClass. Default: the cluster's own."),
                nodePort: z
                    .number()
                    .int()
                    .min(1)
                    .max(65535)
                    .optional()
                    .describe(
                        "Port of the first question with kind nodePort, of the cluster's range, usually 30000 to 32767. Default: one that the cluster chooses.",
                    ),
                annotations: annotations
                    .optional()
                    .describe(
                        "Annotations of these Services, such as a cloud's for load balancers inside its network.",
                    ),
            })
            .optional()
            .describe(
                "Kafka for clients outside of the cluster, for kind strimzi, on port 9094 by TLS and with a password as inside. Default: none.",
            ),
        metrics: z.boolean().describe("Serve metrics in Prometheus' format, for kind strimzi."),
        rotation,
        topics: z.array(topic).describe("Topics and who may use them. A topic is never deleted."),
    })
    .describe("Kafka.");

export type EventStreamConfig = z.infer<typeof eventStream>;

export const eventStreamDefaults: EventStreamConfig = {
    kind: "strimzi",
    nodes: 1,
    storage: "10Gi",
    retain: false,
    minInsyncReplicas: 1,
    heap: "512m",
    resources: { requests: { cpu: "200m", memory: "768Mi" }, limits: { memory: "1536Mi" } },
    metrics: false,
    rotation: 1,
    topics: sampleTopics,
};

/** Three brokers and three controllers, so that one of each may be lost or restarted while the others still accept records. */
export const highlyAvailable = {
    nodes: 3,
    minInsyncReplicas: 2,
    rack: { topologyKey: "topology.kubernetes.io/zone" },
    metrics: true,
    controllers: {
        nodes: 3,
        storage: "5Gi",
        heap: "384m",
        resources: { requests: { cpu: "100m", memory: "640Mi" }, limits: { memory: "1Gi" } },
    },
};
