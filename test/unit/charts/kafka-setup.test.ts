import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";

import { execa } from "execa";

import { find, full, needHelm, render, scratch, type Values, writeFiles } from "../../support/charts";

/** A tool that notes how it was called, with the files that it was given, and answers from a file if there is one. */
const fakeTool = `#!/bin/bash
name=$1
shift
echo "$name $*" >>"$FAKE_DIR/calls"
what=$name
case "$*" in
    *--describe*--entity-type\\ topics*) what=settings ;;
    *--describe*--entity-type\\ users*) what=users ;;
    *--describe*) what=topics ;;
    *--list*) what=rights ;;
esac
while [ $# -gt 0 ]; do
    [ "$1" != --add-config-file ] || cat "$2" >>"$FAKE_DIR/files"
    shift
done
if [ -e "$FAKE_DIR/fail-$what" ]; then cat "$FAKE_DIR/fail-$what" >&2; exit 1; fi
[ ! -e "$FAKE_DIR/$what" ] || cat "$FAKE_DIR/$what"
`;

/** What the image has one JVM for: takes calls of tools as `images/kafka/session` does. */
const fakeSession = `#!/bin/bash
echo session >>"$FAKE_DIR/sessions"
while read -r -d '' count; do
    words=()
    for ((i = 0; i < count; i++)); do
        read -r -d '' word
        words+=("$word")
    done
    [ ! -e "$FAKE_DIR/die-at-\${words[2]}" ] || { echo "Out of memory" >&2; exit 3; }
    status=0
    bash "$FAKE_DIR/bin/tool" "\${words[@]:2}" >"\${words[0]}" 2>"\${words[1]}" || status=$?
    echo $status
done
`;

describe("chart kafka, setup.sh", () => {
    let dir: string;
    let node: Server;
    let port: number;
    before(needHelm);
    before(async () => {
        node = createServer((socket) => socket.end());
        port = await new Promise((resolve) => {
            node.listen(0, "127.0.0.1", () => resolve((node.address() as { port: number }).port));
        });
    });
    after(() => node.close());
    beforeEach(() => {
        dir = scratch();
        for (const sub of ["desired", "secrets", "bin", "work"]) mkdirSync(join(dir, sub));
        writeFiles(join(dir, "bin"), { tool: fakeTool, "kafka-session.sh": fakeSession });
        for (const user of ["ingest", "land"]) {
            mkdirSync(join(dir, "secrets", user));
            writeFiles(join(dir, "secrets", user), { username: user, password: `Secret-of~${user}` });
        }
    });
    afterEach(() => rmSync(dir, { recursive: true }));

    const values: Values = {
        ...full.kafka,
        nodes: 1,
        topics: [
            { name: "flights", partitions: 3, replicas: 1, config: { "cleanup.policy": "compact" } },
            { name: "progress", partitions: 1, replicas: 1 },
        ],
        users: [
            { name: "ingest", existingSecret: "a", produce: ["flights"], transactionalIds: ["ingest"] },
            { name: "land", existingSecret: "b", consume: ["flights"], groups: ["land"] },
        ],
    };
    /** The cluster as it is once the above has been made. */
    const settled = {
        topics: [
            "Topic: flights\tTopicId: x\tPartitionCount: 3\tReplicationFactor: 1\tConfigs: cleanup.policy=compact",
            "\tTopic: flights\tPartition: 0\tLeader: 0\tReplicas: 0\tIsr: 0",
            "Topic: progress\tTopicId: y\tPartitionCount: 1\tReplicationFactor: 1\tConfigs: ",
        ].join("\n"),
        settings: [
            "Dynamic configs for topic flights are:",
            "  cleanup.policy=compact sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:cleanup.policy=compact}",
            "Dynamic configs for topic progress are:",
        ].join("\n"),
        users: ["ingest", "land"]
            .map((user) => `SCRAM credential configs for user-principal '${user}' are SCRAM-SHA-512=iterations=4096`)
            .join("\n"),
        rights: [
            rights("TOPIC", "flights", "LITERAL", ["ingest WRITE", "ingest DESCRIBE", "land READ", "land DESCRIBE"]),
            rights("TRANSACTIONAL_ID", "ingest", "PREFIXED", ["ingest WRITE", "ingest DESCRIBE"]),
            rights("GROUP", "land", "PREFIXED", ["land READ", "land DESCRIBE"]),
        ].join("\n"),
    };

    async function setup(
        state: Record<string, string>,
        over: { values?: Values; timeout?: number; port?: number } = {},
    ) {
        const desired = find(await render("kafka", over.values ?? values), "ConfigMap", "kafka-setup").data ?? {};
        writeFiles(join(dir, "desired"), desired);
        writeFiles(dir, state);
        const { exitCode, all } = await execa("bash", [join(dir, "desired/setup.sh")], {
            reject: false,
            all: true,
            env: {
                FAKE_DIR: dir,
                KAFKA_HOME: dir,
                KAFKA_ENDPOINTS: `127.0.0.1:${over.port ?? port}`,
                KAFKA_MIN_ISR: "1",
                KAFKA_REPLICAS: "1",
                SETUP_TIMEOUT: String(over.timeout ?? 20),
                SETUP_DESIRED_DIR: join(dir, "desired"),
                SETUP_SECRETS_DIR: join(dir, "secrets"),
                SETUP_WORK_DIR: join(dir, "work"),
            },
        });
        const text = existsSync(join(dir, "calls")) ? readFileSync(join(dir, "calls"), "utf8") : "";
        const calls = text.split("\n").map((line) => line.replace(/--bootstrap-server \S+ --command-config \S+ /, ""));
        return { exitCode, all, calls, changes: calls.filter((call) => / --(create|alter|add|remove) /.test(call)) };
    }

    it("makes everything in an empty cluster", async () => {
        const { exitCode, all, changes } = await setup({});
        assert.equal(exitCode, 0, all);
        assert.ok(
            changes.includes(
                "kafka-topics.sh --create --if-not-exists --topic flights --partitions 3 --replication-factor 1 --config cleanup.policy=compact",
            ),
        );
        assert.ok(
            changes.includes(
                "kafka-acls.sh --add --force --allow-principal User:land --resource-pattern-type prefixed --operation Read --operation Describe --group land",
            ),
        );
        assert.match(all, /user land: there, as land/);
        assert.match(all, /done after/);
    });

    it("hands passwords over in files, never in an argument or the log", async () => {
        const { all, calls } = await setup({});
        assert.doesNotMatch([all, ...calls].join("\n"), /Secret-of/);
        const files = readFileSync(join(dir, "files"), "utf8");
        for (const user of ["ingest", "land"]) assert.ok(files.includes(`SCRAM-SHA-512=password=Secret-of~${user}`));
    });

    it("changes nothing in a cluster that is as it should be, but for the passwords", async () => {
        const { exitCode, all, changes } = await setup(settled);
        assert.equal(exitCode, 0, all);
        assert.deepEqual(
            changes.map((call) => call.replace(/--add-config-file .*/, "…")).sort(),
            ["ingest", "land"].map((user) => `kafka-configs.sh --alter --entity-type users --entity-name ${user} …`),
        );
    });

    it("adds partitions and brings settings back into line, both ways", async () => {
        const { changes } = await setup({
            ...settled,
            topics: settled.topics.replace("PartitionCount: 3", "PartitionCount: 1"),
            settings: settled.settings.replace("cleanup.policy=compact ", "retention.ms=5 "),
        });
        assert.ok(changes.includes("kafka-topics.sh --alter --topic flights --partitions 3"));
        const change = changes.find((call) => call.includes("--entity-name flights")) ?? "";
        assert.match(change, /--add-config-file \S+topic-flights\.properties --delete-config retention\.ms$/);
    });

    it("refuses to take partitions or copies away, does the rest, removes nothing", async () => {
        const { exitCode, all, changes } = await setup({
            ...settled,
            topics: settled.topics
                .replace("PartitionCount: 3", "PartitionCount: 9")
                .replace("PartitionCount: 1\tReplicationFactor: 1", "PartitionCount: 1\tReplicationFactor: 3"),
            users: `${settled.users}\nSCRAM credential configs for user-principal 'old' are SCRAM-SHA-512=iterations=4096`,
        });
        assert.equal(exitCode, 1);
        assert.match(all, /topic flights: has 9 partitions and can't shrink to 3 without losing records; keep 9/);
        assert.match(all, /topic progress: has 3 replicas, and copies are taken away by hand only/);
        assert.match(all, /nothing was removed/);
        assert.ok(changes.some((call) => call.includes("--entity-name land")));
        assert.ok(!changes.some((call) => call.includes("--delete-config SCRAM") || call.includes("--remove")));
    });

    it("removes users and rights that nobody asks for, and leaves those of others alone", async () => {
        const { exitCode, all, changes } = await setup({
            ...settled,
            users: `${settled.users}\nSCRAM credential configs for user-principal 'old' are SCRAM-SHA-512=iterations=4096`,
            rights: [
                settled.rights,
                rights("TOPIC", "secret", "LITERAL", ["old READ", "old DESCRIBE", "land WRITE", "CN=somebody READ"]),
            ].join("\n"),
        });
        assert.equal(exitCode, 0, all);
        const removals = changes.filter((call) => call.includes("--remove"));
        assert.deepEqual(removals.sort(), [
            "kafka-acls.sh --remove --force --allow-principal User:land --resource-pattern-type literal --topic secret --operation WRITE",
            "kafka-acls.sh --remove --force --allow-principal User:old --resource-pattern-type literal --topic secret --operation DESCRIBE --operation READ",
        ]);
        assert.ok(
            changes.includes(
                "kafka-configs.sh --alter --entity-type users --entity-name old --delete-config SCRAM-SHA-512",
            ),
        );
    });

    it("says what failed and why, without a stack", async () => {
        const { exitCode, all } = await setup({
            "fail-kafka-acls.sh": "Error: the cluster said no\n\tat org.apache.Kafka(Kafka.java:1)\n",
        });
        assert.equal(exitCode, 1);
        assert.match(all, /error: user land: Read,Describe on group land: failed: Error: the cluster said no/);
        assert.doesNotMatch(all, /\tat org/);
    });

    it("has all tools run by one JVM, and says so when that one ends", async () => {
        await setup({});
        assert.equal(readFileSync(join(dir, "sessions"), "utf8"), "session\n");
        const { exitCode, all, changes } = await setup({ "die-at-kafka-acls.sh": "" });
        assert.equal(exitCode, 1);
        assert.match(all, /error: Kafka's tools have ended by themselves: Out of memory/);
        assert.ok(!changes.some((call) => call.includes("--remove")));
    });

    it("runs each tool by itself with an image that has no such session", async () => {
        rmSync(join(dir, "bin/kafka-session.sh"));
        const alone = `#!/bin/bash\nexec bash "$FAKE_DIR/bin/tool" "\${0##*/}" "$@"\n`;
        for (const tool of ["topics", "configs", "acls"]) writeFiles(join(dir, "bin"), { [`kafka-${tool}.sh`]: alone });
        const { exitCode, all, changes } = await setup({ "fail-kafka-acls.sh": "Error: the cluster said no\n" });
        assert.equal(exitCode, 1);
        assert.match(all, /topic flights: made, 3 partitions/);
        assert.match(all, /error: user land: Read,Describe on group land: failed: Error: the cluster said no/);
        assert.ok(changes.some((call) => call.startsWith("kafka-topics.sh --create")));
    });

    it("refuses users who would be internal ones, and passwords that tools can't carry", async () => {
        writeFileSync(join(dir, "secrets/land/username"), "admin");
        const reserved = await setup({});
        assert.equal(reserved.exitCode, 1);
        assert.match(reserved.all, /user land: the username "admin" is an internal user's/);
        writeFiles(join(dir, "secrets/land"), { username: "land", password: "has a blank" });
        const blank = await setup({});
        assert.equal(blank.exitCode, 1);
        assert.match(blank.all, /user land: key password of its Secret must be letters, digits/);
        assert.doesNotMatch(blank.all, /has a blank/);
    });

    it("gives up on a node that doesn't answer, and on a cluster that refuses the administrator", async () => {
        const free = createServer();
        const closed = await new Promise<number>((resolve) => {
            free.listen(0, "127.0.0.1", () => resolve((free.address() as { port: number }).port));
        });
        await new Promise((resolve) => free.close(resolve));
        const silent = await setup({}, { port: closed, timeout: 1 });
        assert.equal(silent.exitCode, 1);
        assert.match(silent.all, new RegExp(`127\\.0\\.0\\.1:${closed} takes no connection within 1 s`));
        const refused = await setup(
            { "fail-topics": "SaslAuthenticationException: Authentication failed\n" },
            { timeout: 1 },
        );
        assert.equal(refused.exitCode, 1);
        assert.match(refused.all, /isn't complete within 1 s: kafka-topics\.sh: SaslAuthenticationException/);
    });
});

describe("chart kafka, more-replicas.awk", () => {
    const awk = async (topics: string, nodes: number, wanted: string) =>
        (
            await execa(
                "awk",
                ["-v", `nodes=${nodes}`, "-v", `wanted=${wanted}`, "-f", "charts/kafka/files/more-replicas.awk"],
                {
                    input: topics,
                },
            )
        ).stdout;
    const partition = (name: string, number: number, replicas: string) =>
        `\tTopic: ${name}\tPartition: ${number}\tLeader: 0\tReplicas: ${replicas}\tIsr: 0\tElr: \tLastKnownElr: `;

    it("adds the nodes after the first one, and only where copies are missing", async () => {
        const topics = [
            partition("a", 0, "0"),
            partition("a", 1, "2,0"),
            partition("b", 0, "1"),
            partition("c", 0, "0,1,2"),
        ];
        assert.deepEqual(JSON.parse(await awk(topics.join("\n"), 3, "a=3 c=2")), {
            version: 1,
            partitions: [
                { topic: "a", partition: 0, replicas: [0, 1, 2] },
                { topic: "a", partition: 1, replicas: [2, 0, 1] },
            ],
        });
    });

    it("writes nothing when nothing is to be done", async () => {
        assert.equal(await awk(partition("a", 0, "0,1,2"), 3, "a=3"), "");
    });
});

/** A resource of `kafka-acls.sh --list`, each entry "user OPERATION". */
function rights(type: string, name: string, pattern: string, entries: string[]): string {
    return [
        `Current ACLs for resource \`ResourcePattern(resourceType=${type}, name=${name}, patternType=${pattern})\`: `,
        ...entries.map((entry) => {
            const [user, operation] = entry.split(" ");
            return ` \t(principal=User:${user}, host=*, operation=${operation}, permissionType=ALLOW)`;
        }),
        "",
    ].join("\n");
}
