import type { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
import { expires, fixedSize, roomLeft, sharedSize, smallest } from "../sections/event-stream-retention";
import { quantity } from "../units";
import { problem } from "./rule";

/** Problems of retention: two sizes for one topic, a size for one that never expires, topics that are larger than the volume. */
export function retention({ eventStream }: PlatformConfig): Problem[] {
    const { topics, storage } = eventStream;
    const single = topics.flatMap((topic, index) => {
        const key = `eventStream.topics[${index}].retentionBytes`;
        if (topic.retentionBytes === undefined) return [];
        if (topic.config?.["retention.bytes"] !== undefined)
            return [{ key, message: "is said a second time by config.retention.bytes; leave one of both out" }];
        if (!expires(topic))
            return [
                {
                    key,
                    message: `is for topics whose oldest records go, and "${topic.name}" is compacted (config.cleanup.policy); leave it out`,
                },
            ];
        return problem(
            quantity(topic.retentionBytes) < smallest,
            key,
            `${topic.retentionBytes} is less than 8Mi, below which Kafka's files don't go`,
        );
    });
    const enough = topics.some((topic) => fixedSize(topic) === undefined)
        ? sharedSize(eventStream) >= smallest
        : roomLeft(eventStream) >= 0;
    return enough
        ? single
        : [
              ...single,
              {
                  key: "eventStream.storage",
                  message: `${storage} on each node is too little: topics may fill seven tenths of it, and with what eventStream.topics[].retentionBytes asks for each partition, and 8Mi for each other one, they would need more; raise it, or ask for less`,
              },
          ];
}
