import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { execa, type ResultPromise } from "execa";

import { freePorts } from "../../sandbox/cluster/ports";
import { extract, needJava } from "../support/from-images";
import { fingerprint, runs, served, until } from "../support/handshake";
import { shortLived } from "../support/kafka-nodes";
import { SecretVolume, TestAuthority } from "../support/secret-volume";
import { find, type Labels, needHelm, render, scratch, type Values, writeFiles } from "../support/charts";

const node = "kafka-0.kafka-nodes.test-ns.svc";
const names = ["kafka", "localhost", "127.0.0.1", "*.kafka-nodes.test-ns.svc"];
const values: Values = {
    topics: [{ name: "flights", partitions: 1, replicas: 1 }],
    users: [{ name: "land", existingSecret: "l", produce: ["flights"] }],
};

describe("chart kafka, with a real node", function () {
    this.timeout(240_000);
    let dir: string;
    let env: Labels;
    let ports: number[];
    let authority: TestAuthority;
    let volume: SecretVolume;
    let running: ResultPromise<{ all: true; reject: false; buffer: false }>;
    let log = "";

    before(needHelm);
    before(async function () {
        this.timeout(900_000);
        await needJava();
        dir = scratch();
        for (const sub of ["etc", "setup", "secrets", "users/land", "ca", "data", "run", "work", "first-start"])
            mkdirSync(join(dir, sub), { recursive: true });
        ports = await freePorts(3);
        const objects = await render("kafka", values);
        for (const [name, to] of [
            ["kafka", "etc"],
            ["kafka-setup", "setup"],
        ])
            writeFiles(join(dir, to), here(find(objects, "ConfigMap", name).data ?? {}));
        writeFiles(join(dir, "secrets"), { broker: "Secret-of-nodes", admin: "Secret-of-admin" });
        writeFiles(join(dir, "users/land"), { username: "land", password: "Secret-of-land" });
        authority = await TestAuthority.create(join(dir, "authority"));
        writeFiles(join(dir, "ca"), { "ca.crt": authority.certificate });
        volume = new SecretVolume(join(dir, "tls"));
        await renew(names);
        writeFiles(join(dir, "first-start"), { "may-found": "" });
        // What a cluster's DNS says.
        writeFiles(dir, { hosts: `127.0.0.1 localhost ${node}\n` });
        env = {
            KAFKA_HOME: await extract("kafka", "opt/kafka"),
            KAFKA_HEAP_OPTS: "-Xmx384m",
            KAFKA_JVM_PERFORMANCE_OPTS: shortLived,
            JAVA_TOOL_OPTIONS: `-Djdk.net.hosts.file=${join(dir, "hosts")}`,
            POD_NAME: "kafka-0",
            KAFKA_NODE_DOMAIN: "kafka-nodes.test-ns.svc",
            KAFKA_CLUSTER_ID: "MkU3OEVBNTcwNTJENDM2Qg",
            KAFKA_FIRST_START_DIR: join(dir, "first-start"),
            KAFKA_NODES: "1",
            KAFKA_WATCH_SECONDS: "2",
            KAFKA_SETTINGS_DIR: join(dir, "etc"),
            KAFKA_SECRETS_DIR: join(dir, "secrets"),
            KAFKA_CA_FILE: join(dir, "ca/ca.crt"),
            KAFKA_TLS_DIR: volume.dir,
            KAFKA_DATA_DIR: join(dir, "data"),
            KAFKA_RUN_DIR: join(dir, "run"),
        };
        await start();
    });
    after(async () => {
        await stop();
        rmSync(dir, { recursive: true });
    });

    /** The chart's files with the places and ports of this test. */
    function here(files: Labels): Labels {
        const places: [string, string][] = [
            ["/run/secrets/kafka-users", join(dir, "users")],
            ["/run/secrets/kafka", join(dir, "secrets")],
            ["/run/kafka", join(dir, "run")],
            ["/etc/data-platform/ca", join(dir, "ca")],
            ["/var/lib/kafka/data", join(dir, "data")],
            ["9093", String(ports[0])],
            ["9094", String(ports[1])],
            ["9095", String(ports[2])],
        ];
        const moved = (text: string) => places.reduce((all, [from, to]) => all.replaceAll(from, to), text);
        return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, moved(text)]));
    }

    async function renew(to: string[]): Promise<string> {
        const { certificate, key } = await authority.issue(to);
        volume.put({ "tls.crt": certificate, "tls.key": key });
        return fingerprint(certificate);
    }

    async function start(): Promise<void> {
        running = execa("bash", [join(dir, "etc/start.sh")], { env, all: true, reject: false, buffer: false });
        running.all.on("data", (chunk: Buffer) => (log += chunk.toString()));
        await until("the node is ready", 120, async () => (await health("ready")).exitCode === 0);
    }

    async function stop(): Promise<void> {
        running.kill("SIGTERM");
        // What watches the certificate holds the log open, and ends when it sees that the node has.
        await running;
    }

    const health = (probe: string) =>
        execa("bash", [join(dir, "etc/health.sh"), probe], { env, all: true, reject: false });

    const tool = (name: string, args: string[], config = join(dir, "etc/admin.properties")) =>
        execa(
            join(env.KAFKA_HOME, "bin", name),
            ["--bootstrap-server", `${node}:${ports[1]}`, "--command-config", config, ...args],
            { env, all: true, reject: false },
        );

    it("answers on each port by its certificate, over TLS alone", async () => {
        for (const port of ports) {
            for (const name of ["localhost", node]) assert.ok(await served(port, authority.certificate, name));
            await assert.rejects(served(port, authority.certificate, "elsewhere"), /altnames/);
        }
        assert.equal((await health("live")).exitCode, 0);
        writeFiles(dir, { "plain.properties": "security.protocol=PLAINTEXT\ndefault.api.timeout.ms=3000\n" });
        const refused = await tool("kafka-topics.sh", ["--list"], join(dir, "plain.properties"));
        assert.notEqual(refused.exitCode, 0);
    });

    it("gets its topics and users by the chart's own job, which verifies it", async () => {
        const { exitCode, all } = await execa("bash", [join(dir, "setup/setup.sh")], {
            all: true,
            reject: false,
            env: {
                ...env,
                KAFKA_HEAP_OPTS: "-Xmx96m",
                KAFKA_ENDPOINTS: `127.0.0.1:${ports[1]}`,
                KAFKA_MIN_ISR: "1",
                KAFKA_REPLICAS: "1",
                SETUP_TIMEOUT: "120",
                SETUP_DESIRED_DIR: join(dir, "setup"),
                SETUP_SECRETS_DIR: join(dir, "users"),
                SETUP_WORK_DIR: join(dir, "work"),
            },
        });
        assert.equal(exitCode, 0, all);
        assert.match(all, /topic flights: made, 1 partitions/);
        assert.match(all, /user land: there, as land/);
    });

    it("takes up a renewed certificate without a restart, on each port", async () => {
        const renewed = await renew(names);
        assert.notEqual(await served(ports[0], authority.certificate), renewed);
        assert.match((await health("live")).all, /renewed, and the node hasn't taken it up/);
        for (const [i, port] of ports.entries()) {
            const seconds = await until("the renewed certificate", 60, async () => {
                return (await served(port, authority.certificate)) === renewed;
            });
            console.log(`        port ${9093 + i}: ${seconds.toFixed(0)} s`);
        }
        await until("the node is live", 30, async () => (await health("live")).exitCode === 0);
        assert.match(log, /certificate: renewed, and taken up by the running node/);
        assert.ok(runs(running.pid), "the same process");
        const listed = await tool("kafka-topics.sh", ["--list"]);
        assert.match(listed.all, /^flights$/m);
    });

    it("says when it can't take one up while it runs, and takes it up when it starts anew", async () => {
        // Kafka refuses a certificate for fewer names in a running node.
        const renewed = await renew(names.filter((name) => name !== "kafka"));
        await until("the refusal", 60, async () => {
            await sleep(0);
            return log.includes("certificate: renewed, but not taken up");
        });
        const unwell = await health("live");
        assert.equal(unwell.exitCode, 1);
        assert.match(unwell.all, /the certificate was renewed, and the node hasn't taken it up/);
        await stop();
        await start();
        for (const port of ports) assert.equal(await served(port, authority.certificate), renewed);
        assert.equal((await health("live")).exitCode, 0);
        assert.match((await tool("kafka-topics.sh", ["--list"])).all, /^flights$/m);
    });

    it("never shows a key or a password", () => {
        const key = readFileSync(join(dir, "run/keystore.pem"), "utf8").split("\n")[1];
        assert.ok(key.length > 20 && !log.includes(key));
        assert.doesNotMatch(log, /Secret-of/);
    });
});
