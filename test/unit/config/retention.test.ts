import assert from "node:assert/strict";

import { profiles } from "../../../config/profiles";
import { profileNames } from "../../../config/schema";
import { topicSettings } from "../../../config/sections/event-stream-retention";
import { quantity } from "../../../config/units";
import { configProblems } from "../../support/config-problems";

type Stream = typeof profiles.dev.eventStream;

const registry = { images: { registry: "registry.example.com/data-platform" } };
const topic = (name: string, more: Partial<Stream["topics"][number]> = {}) => ({
    ...{ name, partitions: 1, producers: [], consumers: [] },
    ...more,
});
const stream = (more: Partial<Stream>): Stream => ({ ...profiles.dev.eventStream, ...more });

/** Problems of an event stream, by key. */
function problems(eventStream: Record<string, unknown>): Record<string, string> {
    return configProblems({ profile: "dev", ...registry, eventStream });
}

describe("a topic's retention by size", () => {
    for (const profile of profileNames) {
        it(`${profile}: all topics together, with the file that is being written, fit on a node's volume`, () => {
            const { eventStream } = profiles[profile];
            const { nodes, topics, storage } = eventStream;
            const most = topics.map((each) => {
                const settings = topicSettings(each, eventStream);
                const size = Number(settings["retention.bytes"] ?? 0) + Number(settings["segment.bytes"] ?? 0);
                return size * Math.ceil((each.partitions * (each.replicas ?? Math.min(3, nodes))) / nodes);
            });
            const all = most.reduce((sum, size) => sum + size, 0);
            assert.ok(all > 0 && all <= quantity(storage) * 0.7, `${all} bytes of ${storage}`);
        });
    }

    it("is an even share, a fifth of it for the file that is being written, and nothing for what is compacted", () => {
        const own = stream({
            storage: "10Gi",
            topics: [topic("a", { partitions: 6 }), topic("b", { config: { "cleanup.policy": "compact" } })],
        });
        const share = (10 * 2 ** 30 * 0.7) / 7;
        assert.deepEqual(topicSettings(own.topics[0], own), {
            "retention.bytes": String(Math.floor(share * 0.8)),
            "segment.bytes": String(Math.floor(share * 0.2)),
        });
        assert.deepEqual(topicSettings(own.topics[1], own), { "cleanup.policy": "compact" });
    });

    it("is what the topic says, which leaves less to the others", () => {
        const own = stream({
            storage: "10Gi",
            topics: [
                topic("a", { retentionBytes: "5Gi", config: { "segment.bytes": "1048576" } }),
                topic("b", { config: { "retention.bytes": "-1" } }),
                topic("c"),
            ],
        });
        const [a, b, c] = own.topics.map((each) => topicSettings(each, own));
        assert.deepEqual(a, { "retention.bytes": String(4 * 2 ** 30), "segment.bytes": "1048576" });
        assert.deepEqual(b, { "retention.bytes": "-1" }, "no end, where somebody says so");
        assert.ok(Number(c["retention.bytes"]) < 2 ** 30);
        const spread = stream({ nodes: 3, topics: [topic("a", { partitions: 6, replicas: 1 })], storage: "10Gi" });
        assert.equal(topicSettings(spread.topics[0], spread)["segment.bytes"], String(Math.floor(2 ** 30 * 0.7)));
    });

    it("refuses what can't be kept to, and says why", () => {
        const compacted = { "cleanup.policy": "compact" };
        const found = problems({
            storage: "1Gi",
            topics: [
                topic("a", { retentionBytes: "1Gi" }),
                topic("b", { retentionBytes: "9Mi", config: { "retention.bytes": "5" } }),
                topic("c", { retentionBytes: "9Mi", config: compacted }),
                topic("d", { retentionBytes: "1Mi" }),
            ],
        });
        assert.match(found["eventStream.storage"], /1Gi on each node is too little: topics may fill seven tenths/);
        assert.match(found["eventStream.topics[1].retentionBytes"], /a second time by config\.retention\.bytes/);
        assert.match(found["eventStream.topics[2].retentionBytes"], /"c" is compacted/);
        assert.match(found["eventStream.topics[3].retentionBytes"], /less than 8Mi/);
        assert.match(
            problems({ storage: "1Gi", topics: [topic("a", { partitions: 200 })] })["eventStream.storage"],
            /8Mi for each other one/,
        );
    });

    it("takes a topic's settings as lines, none of which can hold another one", () => {
        const said = (config: Record<string, string>) => JSON.stringify(problems({ topics: [topic("a", { config })] }));
        for (const value of ["1\nsuper.users=User:eve", "1\r", "1\\"])
            assert.match(
                said({ "retention.ms": value }),
                /topics\[0\]\.config.*(must be one line|must be letters, digits and)/,
            );
        for (const key of ["a\nb", "super users", "listener.name.x-y"])
            assert.match(said({ [key]: "1" }), /must be (a setting of Kafka's|one line)/);
        for (const key of ["super.users", "listeners", "authorizer.class.name", "log.dirs", "sasl.enabled.mechanisms"])
            assert.match(said({ [key]: "1" }), new RegExp(`config\\.${key}.*is the platform's own`));
    });
});
