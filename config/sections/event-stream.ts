import { z } from "zod";

import { sampleTopics } from "../../workloads/access";
import type { Problem } from "../errors";
import { resources, rotation, volume } from "../common";
import type { PlatformConfig } from "../schema";
import { metadataKey, text } from "../texts";
import { bytes, name, quantity } from "../units";
import { retention } from "./event-stream-retention";

const settingKey = text(
    "kafkaSetting",
    /^[a-z][a-z0-9]*(\.[a-z0-9]+)*$/,
    'must be a setting of Kafka\'s such as "retention.ms"',
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
    )
        .max(200)
        .describe("Kafka topic name."),
    partitions: z.number().int().min(1).max(1000).describe("May grow later, never shrink."),
    replicas: z.number().int().min(1).max(9).optional().describe("Copies of each partition. Default: min(3, nodes)."),
    retentionBytes: bytes
        .optional()
        .describe(
            "Size that each partition may have, on each node with a copy; then its oldest records go. Default: an even share of seven tenths of storage. Not for compacted topics.",
        ),
    config: z.record(settingKey, settingValue).optional().describe("Topic settings, e.g. retention.ms."),
    producers: z.array(name).describe("Applications that may write."),
    consumers: z.array(name).describe("Applications that may read."),
});

const heap = text("heap", /^\d+[mg]$/, 'must be a Java heap size such as "512m" or "2g"').describe(
    "Java heap of a node.",
);

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
                storage: bytes.describe("Size of each volume."),
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

/** What the type of one key can't say. */
export const eventStreamRules: ((config: PlatformConfig) => Problem[])[] = [
    ({ eventStream }) => [
        ...heapFits("eventStream", eventStream),
        ...(eventStream.controllers ? heapFits("eventStream.controllers", eventStream.controllers) : []),
    ],
    quorum,
    replication,
    reserved,
    retention,
    forStrimzi,
    ownedSettings,
];

type Sized = Pick<EventStreamConfig, "heap" | "resources">;

function heapFits(key: string, { heap: given, resources: { limits } }: Sized): Problem[] {
    const size = Number.parseInt(given, 10) * (given.endsWith("g") ? 2 ** 30 : 2 ** 20);
    // Outside its heap a broker needs threads, metaspace, direct buffers: about a third more, as measured.
    return size * 1.33 <= quantity(limits.memory)
        ? []
        : [
              {
                  key: `${key}.heap`,
                  message: `${given} leaves no room for the rest of the JVM under ${key}.resources.limits.memory ${limits.memory}; keep it below three quarters of that`,
              },
          ];
}

function quorum({ eventStream: { nodes, controllers } }: PlatformConfig): Problem[] {
    const [key, voters] = controllers
        ? ["eventStream.controllers.nodes", controllers.nodes]
        : ["eventStream.nodes", nodes];
    if (voters % 2 === 0) {
        return [
            {
                key,
                message: `${voters} is even, and a quorum of ${voters} survives no more losses than one of ${voters - 1}; use ${voters - 1} or ${voters + 1}`,
            },
        ];
    }
    return voters > 7
        ? [{ key, message: `${voters} are too many to vote; use at most 7, or eventStream.controllers` }]
        : [];
}

function replication({ eventStream: { nodes, minInsyncReplicas, topics } }: PlatformConfig): Problem[] {
    const copies = topics.map(({ name, replicas = Math.min(3, nodes) }) => ({ name, replicas }));
    const short = copies.filter(({ replicas }) => replicas < minInsyncReplicas);
    return [
        ...copies.flatMap(({ replicas }, index) =>
            replicas <= nodes
                ? []
                : [
                      {
                          key: `eventStream.topics[${index}].replicas`,
                          message: `${replicas} copies need ${replicas} nodes, but eventStream.nodes is ${nodes}`,
                      },
                  ],
        ),
        ...(short.length > 0
            ? [
                  {
                      key: "eventStream.minInsyncReplicas",
                      message: `${minInsyncReplicas} is more than the copies of ${short.map(({ name, replicas }) => `"${name}" (${replicas})`).join(", ")}: nothing could ever be written there`,
                  },
              ]
            : []),
    ];
}

/** Names of users that may do everything, in both makers. */
function reserved({ eventStream: { topics } }: PlatformConfig): Problem[] {
    return topics.flatMap(({ producers, consumers }, index) =>
        Object.entries({ producers, consumers }).flatMap(([list, apps]) =>
            apps.flatMap((app, at) =>
                app === "admin" || app === "broker"
                    ? [
                          {
                              key: `eventStream.topics[${index}].${list}[${at}]`,
                              message: `"${app}" is a user of Kafka's own that may do everything; give the application another name`,
                          },
                      ]
                    : [],
            ),
        ),
    );
}

/** Settings of brokers, which both makers keep to themselves: who may come in and do what, and where things lie. */
const owned =
    /^(advertised|authorizer|controller|inter|listeners?|log\.dirs?|node|principal|process|sasl|security|ssl|super)\b/;

function ownedSettings({ eventStream: { topics } }: PlatformConfig): Problem[] {
    return topics.flatMap(({ config = {} }, index) =>
        Object.keys(config).flatMap((setting) => {
            const key = `eventStream.topics[${index}].config.${setting}`;
            if (setting === "min.insync.replicas")
                return [{ key, message: "is set for all topics by eventStream.minInsyncReplicas; leave it out here" }];
            return owned.test(setting)
                ? [{ key, message: "is the platform's own, and none of a topic's; leave it out" }]
                : [];
        }),
    );
}

/** The light chart has none of these. */
function forStrimzi({ eventStream }: PlatformConfig): Problem[] {
    if (eventStream.kind === "strimzi") return [];
    return (["controllers", "rack"] as const)
        .filter((key) => eventStream[key] !== undefined)
        .map((key) => ({
            key: `eventStream.${key}`,
            message: "is for eventStream.kind strimzi, and that is kafka; change one of both",
        }));
}
