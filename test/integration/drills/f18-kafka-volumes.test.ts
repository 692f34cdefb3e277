import assert from "node:assert/strict";
import { rmSync } from "node:fs";

import { extract, needJava } from "../../support/from-images";
import { until } from "../../support/handshake";
import { KafkaNodes } from "../../support/kafka-nodes";
import { needHelm, scratch } from "../../support/charts";

const records = Array.from({ length: 40 }, (_, index) => `record-${index}`);
const elected = "Completed transition to Leader(";
const started = "Kafka Server started";

/**
 * Each drill begins with the same volumes: one node lags, and the other two have committed, without it, a topic and half of the
 * records. Then the power is cut.
 */
describe("F18: a Kafka node that loses its volume never votes as before", function () {
    // Nothing that is started here has an end by time but this: a busy machine takes as long as it takes.
    this.timeout(1_200_000);
    let dir: string;
    let nodes: KafkaNodes;
    let leader: number;
    let fresh: number;
    let behind: number;

    before(needHelm);
    before(async () => {
        await needJava();
        dir = scratch();
        nodes = await KafkaNodes.create(dir, await extract("kafka", "opt/kafka"));
        nodes.grantFirstStart(true);
        nodes.start(...nodes.all);
        await nodes.untilAllVote(2);
        for (const node of nodes.all) await nodes.untilSays(node, started);
        nodes.grantFirstStart(false);
        await make("records", 3, 0);
        await produce(records.slice(0, 20), 0);
        // The one that leads goes without a word: in good order it might learn who leads next, and an empty node that is told it
        // leads ends with an error.
        behind = await nodes.otherLeader(2, -1);
        await nodes.stop(behind);
        const [one, two] = nodes.all.filter((node) => node !== behind);
        leader = await nodes.otherLeader(one, behind);
        fresh = leader === one ? two : one;
        await produce(records.slice(20), leader);
        await make("committed", 2, leader);
        await nodes.end();
        nodes.keepVolumes();
    });
    after(async () => {
        await nodes.end();
        rmSync(dir, { recursive: true });
    });

    async function make(topic: string, copies: number, by: number): Promise<void> {
        const args = ["--create", "--topic", topic, "--partitions", "1", "--replication-factor", String(copies)];
        const { exitCode, all } = await nodes.tool(by, "kafka-topics.sh", args);
        assert.equal(exitCode, 0, all);
    }

    async function produce(lines: string[], by: number): Promise<void> {
        const args = ["--topic", "records", "--command-property", "acks=all"];
        const input = `${lines.join("\n")}\n`;
        const { all } = await nodes.tool(by, "org.apache.kafka.tools.ConsoleProducer", args, input);
        assert.doesNotMatch(all, /ERROR/, all);
    }

    async function topics(node: number): Promise<string[]> {
        const { exitCode, all } = await nodes.tool(node, "kafka-topics.sh", ["--list"]);
        assert.equal(exitCode, 0, all);
        return all.split("\n").filter((line) => ["committed", "records"].includes(line));
    }

    /** Waits until every partition has all of its copies in step. */
    async function inStep(): Promise<void> {
        await until("all copies in step", 400, async () => {
            const behind = await nodes.tool(leader, "kafka-topics.sh", ["--describe", "--under-replicated-partitions"]);
            return behind.exitCode === 0 && !behind.all.includes("Topic:");
        });
    }

    /** Everything that was acknowledged is there. */
    async function nothingIsLost(node: number): Promise<void> {
        await nodes.untilSays(node, started);
        assert.deepEqual(await topics(node), ["committed", "records"]);
        const all = ["--topic", "records", "--partition", "0", "--offset", "earliest", "--max-messages", "40"];
        const read = await nodes.tool(node, "org.apache.kafka.tools.consumer.ConsoleConsumer", [
            ...all,
            ...["--timeout-ms", "120000"],
        ]);
        const there = read.all.split("\n").filter((line) => line.startsWith("record-"));
        assert.deepEqual(there, records, read.all);
    }

    /** The lost one is there again before the other one that has what was committed: nobody may be elected. */
    async function returnsFirst(lost: number): Promise<void> {
        await nodes.restoreVolumes([lost]);
        nodes.start(lost, behind);
        await nodes.untilSays(behind, "Completed transition to ProspectiveState", 3);
        for (const node of [lost, behind]) assert.ok(!nodes.log(node).includes(elected), `node ${node} was elected`);
    }

    for (const [who, lost, other] of [
        ["the freshest follower", () => fresh, () => leader],
        ["the leader", () => leader, () => fresh],
    ] as const) {
        it(`counter-proof: ${who}, empty and under its old identity, elects one that lacks what was committed`, async () => {
            await nodes.restoreVolumes([lost()]);
            await nodes.formatAsBefore(lost());
            nodes.start(lost(), behind);
            await nodes.untilSays(behind, elected);
            await nodes.untilSays(behind, started);
            assert.deepEqual(await topics(behind), ["records"]);
            // A majority has forgotten it, and takes another of that name.
            await make("committed", 1, behind);
        });

        it(`${who} joins anew, and what was committed is there`, async () => {
            await returnsFirst(lost());
            nodes.start(other());
            await nodes.untilAllVote(other());
            await nodes.untilSays(lost(), started);
            assert.deepEqual(await topics(lost()), ["committed", "records"]);
        });
    }

    it("counter-proof: two empty ones under their old identities are a second cluster, which knows nothing and takes all", async () => {
        await nodes.restoreVolumes([fresh, behind]);
        for (const node of [fresh, behind]) await nodes.formatAsBefore(node);
        nodes.start(fresh, behind);
        for (const node of [fresh, behind]) await nodes.untilSays(node, started);
        assert.deepEqual(await topics(fresh), []);
        await make("committed", 1, fresh);
    });

    it("one of three joins anew while the others go on, and no record is lost", async () => {
        await nodes.restoreVolumes();
        nodes.start(...nodes.all);
        for (const node of nodes.all) await nodes.untilSays(node, started);
        await inStep();
        await nodes.lose(fresh);
        nodes.start(fresh);
        await nodes.untilAllVote(leader);
        await nothingIsLost(fresh);
    });

    it("two of three begin no second cluster, say what to do, and come back by the third one's metadata", async () => {
        await inStep();
        // Whoever leads is among them: the one that is left says so, and Kafka ends where it is told that it leads.
        const led = await nodes.otherLeader(leader, -1);
        const [left, lost] = nodes.all.filter((node) => node !== led);
        for (const node of [led, lost]) await nodes.lose(node);
        nodes.start(led, lost);
        for (const node of [led, lost]) await nodes.untilSays(node, "docs/recovery.md");
        for (const node of [led, lost]) assert.ok(!nodes.log(node).includes(elected), `node ${node} was elected`);
        const { stdout, all } = await nodes.volume(left, ["export", String(led)]);
        assert.match(all, /this node's metadata ends at offset \d+/);
        await nodes.volume(led, ["import"], stdout);
        await nodes.untilAllVote(left);
        await nothingIsLost(lost);
        for (const node of nodes.all) assert.ok(!nodes.log(node).includes("ended with"), `node ${node} ended`);
    });
});
