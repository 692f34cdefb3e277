import type { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
import { EventStreamConfig } from "../sections/event-stream";
import { quantity } from "../units";
import { brokerSettings, metricName, topicValueProblem } from "../values/topics";
import { retention } from "./event-stream-retention";
import { problem } from "./rule";

/** Rules across keys, which no single type expresses. */
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
    outside,
    ownedSettings,
    settingValues,
    collisions,
];

type Sized = Pick<EventStreamConfig, "heap" | "resources">;

function heapFits(key: string, { heap: given, resources: { limits } }: Sized): Problem[] {
    const size = Number.parseInt(given, 10) * (given.endsWith("g") ? 2 ** 30 : 2 ** 20);
    // Outside its heap a broker needs threads, metaspace, direct buffers: about a third more, as measured.
    return problem(
        size * 1.33 > quantity(limits.memory),
        `${key}.heap`,
        `${given} leaves no room for the rest of the JVM under ${key}.resources.limits.memory ${limits.memory}; keep it below three quarters of that`,
    );
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
    return problem(voters > 7, key, `${voters} are too many to vote; use at most 7, or eventStream.controllers`);
}

function replication({ eventStream: { nodes, minInsyncReplicas, topics } }: PlatformConfig): Problem[] {
    const copies = topics.map(({ name, replicas = Math.min(3, nodes) }) => ({ name, replicas }));
    const short = copies.filter(({ replicas }) => replicas < minInsyncReplicas);
    return [
        ...copies.flatMap(({ replicas }, index) =>
            problem(
                replicas > nodes,
                `eventStream.topics[${index}].replicas`,
                `${replicas} copies need ${replicas} nodes, but eventStream.nodes is ${nodes}`,
            ),
        ),
        ...problem(
            short.length > 0,
            "eventStream.minInsyncReplicas",
            `${minInsyncReplicas} is more than the copies of ${short.map(({ name, replicas }) => `"${name}" (${replicas})`).join(", ")}: nothing could ever be written there`,
        ),
    ];
}

/** Names of users that may do everything, in both makers. */
function reserved({ eventStream: { topics } }: PlatformConfig): Problem[] {
    return topics.flatMap(({ producers, consumers }, index) =>
        Object.entries({ producers, consumers }).flatMap(([list, apps]) =>
            apps.flatMap((app, at) =>
                problem(
                    app === "admin" || app === "broker",
                    `eventStream.topics[${index}].${list}[${at}]`,
                    `"${app}" is a user of Kafka's own that may do everything; give the application another name`,
                ),
            ),
        ),
    );
}

function ownedSettings({ eventStream: { topics } }: PlatformConfig): Problem[] {
    return topics.flatMap(({ config = {} }, index) =>
        Object.keys(config).flatMap((setting) => {
            const key = `eventStream.topics[${index}].config.${setting}`;
            if (setting === "min.insync.replicas")
                return [{ key, message: "is set for all topics by eventStream.minInsyncReplicas; leave it out here" }];
            return problem(
                brokerSettings.test(setting),
                key,
                "is the platform's own, and none of a topic's; leave it out",
            );
        }),
    );
}

function settingValues({ eventStream: { topics } }: PlatformConfig): Problem[] {
    return topics.flatMap(({ config = {} }, index) =>
        Object.entries(config).flatMap(([setting, value]) => {
            const message = topicValueProblem(setting, value);
            return message === undefined
                ? []
                : [{ key: `eventStream.topics[${index}].config[${JSON.stringify(setting)}]`, message }];
        }),
    );
}

/** Topics that Kafka refuses beside each other. */
function collisions({ eventStream: { topics } }: PlatformConfig): Problem[] {
    return topics.flatMap(({ name }, index) => {
        const other = topics.find(
            (each, at) => at < index && each.name !== name && metricName(each.name) === metricName(name),
        );
        return other === undefined
            ? []
            : [
                  {
                      key: `eventStream.topics[${index}].name`,
                      message: `"${name}" and "${other.name}" are one in Kafka's metrics, where a dot is an underscore, so Kafka refuses the second; take another name`,
                  },
              ];
    });
}

/** Arguments of one kind of way in from outside beside the other kind. */
function outside({ eventStream: { external } }: PlatformConfig): Problem[] {
    if (!external) return [];
    const { kind, className, nodePort, host } = external;
    return [
        ...problem(
            kind === "nodePort" && className !== undefined,
            "eventStream.external.className",
            "is a load balancer's, and eventStream.external.kind is nodePort; leave it out",
        ),
        ...problem(
            kind === "loadBalancer" && nodePort !== undefined,
            "eventStream.external.nodePort",
            "is for eventStream.external.kind nodePort, and that is loadBalancer; leave it out",
        ),
        ...problem(
            host.length > 240,
            "eventStream.external.host",
            `has ${host.length} characters, and a broker's name below it wouldn't fit into a name of the DNS; take a shorter one`,
        ),
    ];
}

/** The light chart has none of these. */
function forStrimzi({ eventStream }: PlatformConfig): Problem[] {
    if (eventStream.kind === "strimzi") return [];
    return (["controllers", "rack", "external"] as const)
        .filter((key) => eventStream[key] !== undefined)
        .map((key) => ({
            key: `eventStream.${key}`,
            message: "is for eventStream.kind strimzi, and that is kafka; change one of both",
        }));
}
