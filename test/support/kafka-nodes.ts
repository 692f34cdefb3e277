import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { execa, type ResultPromise } from "execa";

import { find, type Labels, render, writeFiles } from "./charts";
import { until } from "./handshake";
import { SecretVolume, TestAuthority } from "./secret-volume";

const domain = "kafka-nodes.test-ns.svc";
const clusterId = "MkU3OEVBNTcwNTJENDM2Qg";

/** For a broker that a test starts and soon ends: what the thorough compiler and collector cost would never come back. */
export const shortLived = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1";

type Running = ResultPromise<{ all: true; reject: false; buffer: false }>;

export interface Answer {
    exitCode?: number;
    all: string;
}

/** Three nodes of the chart as processes: its own scripts and settings, real brokers, a loopback address and a volume each. */
export class KafkaNodes {
    readonly all = [0, 1, 2];
    private readonly running = new Map<number, Running>();
    private readonly logs = new Map<number, string>();
    private readonly identities = new Map<number, string>();
    /** A network of its own in 127.0.0.0/8, so that tests side by side don't want the same ports. */
    private readonly network = `127.${1 + Math.floor(Math.random() * 250)}.${Math.floor(Math.random() * 250)}`;

    private constructor(
        private readonly dir: string,
        private readonly home: string,
    ) {}

    /** Lays out the files of all nodes; starts none. */
    static async create(dir: string, home: string): Promise<KafkaNodes> {
        const nodes = new KafkaNodes(dir, home);
        // In process groups of their own they would outlive a run of tests that ends at once.
        process.once("exit", () => nodes.all.forEach((node) => void nodes.stop(node)));
        const settings = find(await render("kafka", { nodes: 3 }), "ConfigMap", "kafka").data ?? {};
        const authority = await TestAuthority.create(join(dir, "authority"));
        const { certificate, key } = await authority.issue(["localhost", `*.${domain}`]);
        new SecretVolume(join(dir, "tls")).put({ "tls.crt": certificate, "tls.key": key });
        for (const sub of ["secrets", "ca", "first-start"]) mkdirSync(join(dir, sub));
        writeFiles(join(dir, "secrets"), { broker: "Secret-of-nodes", admin: "Secret-of-admin" });
        writeFiles(join(dir, "ca"), { "ca.crt": authority.certificate });
        // What a cluster's DNS says.
        const names = nodes.all.map((node) => `${nodes.address(node)} ${name(node)}`);
        writeFiles(dir, { hosts: `127.0.0.1 localhost\n${names.join("\n")}\n` });
        for (const node of nodes.all) {
            for (const sub of ["etc", "data", "run"]) mkdirSync(nodes.at(node, sub), { recursive: true });
            writeFiles(nodes.at(node, "etc"), nodes.moved(node, settings));
        }
        return nodes;
    }

    /** Grants the mark that Helm gives a new release, and takes it back once all of its nodes vote. */
    grantFirstStart(given: boolean): void {
        if (given) writeFiles(join(this.dir, "first-start"), { "may-found": "" });
        else rmSync(join(this.dir, "first-start/may-found"));
    }

    start(...nodes: number[]): void {
        for (const node of nodes) {
            this.logs.set(node, "");
            this.launch(node);
        }
    }

    /** As the kubelet does: what ends by itself is started anew. */
    private launch(node: number): void {
        const started = execa("bash", [this.at(node, "etc/start.sh")], {
            env: this.env(node),
            all: true,
            reject: false,
            buffer: false,
            detached: true,
        });
        this.running.set(node, started);
        const note = (text: string) => this.logs.set(node, `${this.log(node)}${text}`);
        started.all.on("data", (chunk: Buffer) => note(chunk.toString()));
        void started.then(async ({ exitCode }) => {
            await sleep(1000);
            if (this.running.get(node) !== started) return;
            note(`\nended with ${exitCode ?? "a signal"}; started anew\n`);
            this.launch(node);
        });
    }

    /** Ends a node with all of its processes, as a container ends: a program beside it would wait on for a quorum. */
    async stop(node: number): Promise<void> {
        const ended = this.running.get(node);
        this.running.delete(node);
        if (ended?.pid === undefined) return;
        try {
            process.kill(-ended.pid, "SIGKILL");
        } catch {
            // All of it has ended by itself.
        }
        await ended;
    }

    /** Ends a node as a power cut does, with its disk. */
    async lose(node: number): Promise<void> {
        await this.stop(node);
        rmSync(this.at(node, "data"), { recursive: true });
        mkdirSync(this.at(node, "data"));
    }

    async end(): Promise<void> {
        await Promise.all(this.all.map((node) => this.stop(node)));
    }

    log(node: number): string {
        return this.logs.get(node) ?? "";
    }

    /** Waits until a node follows, or is, a leader other than one that has gone. */
    async otherLeader(node: number, than: number): Promise<number> {
        const file = this.at(node, "data/logs/__cluster_metadata-0/quorum-state");
        const leader = () => (JSON.parse(readFileSync(file, "utf8")) as { leaderId: number }).leaderId;
        await this.untilIs(node, `another leader than ${than}`, () => ![-1, than].includes(leader()));
        return leader();
    }

    /** Waits until a node knows all as voters, each as its volume says. */
    untilAllVote(node: number): Promise<number> {
        return this.untilIs(node, "all nodes vote", () => {
            const voters =
                this.log(node)
                    .match(/Latest set of voters is .*/g)
                    ?.at(-1) ?? "";
            return this.all.every((each) => voters.includes(`id=${each}, directoryId=${this.identity(each)})`));
        });
    }

    /** Waits for a line in a node's log, as often as is said. */
    untilSays(node: number, line: string, times = 1): Promise<number> {
        return this.untilIs(node, line, () => this.log(node).split(line).length > times);
    }

    /** Notes all volumes of nodes that don't run. */
    keepVolumes(): void {
        for (const node of this.all) {
            this.identities.set(node, this.identity(node));
            cpSync(this.at(node, "data"), this.at(node, "kept"), { recursive: true });
        }
    }

    /** Ends all nodes, and gives them the volumes that were noted, but for those that are lost. */
    async restoreVolumes(lost: number[] = []): Promise<void> {
        for (const node of this.all) {
            await this.lose(node);
            if (!lost.includes(node)) cpSync(this.at(node, "kept"), this.at(node, "data"), { recursive: true });
        }
    }

    /** Formats an empty volume to vote as before: what must never be done. */
    async formatAsBefore(node: number): Promise<void> {
        const voters = this.all.map((each) => `${each}@${name(each)}:9095:${this.identities.get(each)}`);
        const config = ["--config", this.at(node, "run/server.properties"), "--cluster-id", clusterId];
        const program = join(this.home, "bin/kafka-storage.sh");
        await execa(program, ["format", ...config, "--initial-controllers", voters.join()], { env: this.env(node) });
    }

    /** The chart's program for volumes, as a person runs it in a node's pod. */
    async volume(node: number, args: string[], input?: Uint8Array): Promise<{ all: string; stdout: Uint8Array }> {
        const { stdout, stderr, exitCode } = await execa("bash", [this.at(node, "etc/volume.sh"), ...args], {
            env: this.env(node),
            reject: false,
            encoding: "buffer",
            ...(input ? { input } : {}),
        });
        const said = Buffer.from(stderr).toString();
        if (exitCode !== 0) throw new Error(said);
        return { all: said, stdout };
    }

    /** One of Kafka's tools as the administrator, by way of one node: a launcher, or a class without one. */
    async tool(node: number, tool: string, args: string[], input?: string): Promise<Answer> {
        const program = tool.endsWith(".sh") ? [tool] : ["kafka-run-class.sh", tool];
        const [launcher, ...rest] = program;
        const way = [
            "--bootstrap-server",
            `${name(node)}:9094`,
            "--command-config",
            this.at(node, "etc/admin.properties"),
        ];
        return execa(join(this.home, "bin", launcher), [...rest, ...way, ...args], {
            env: this.env(node),
            all: true,
            reject: false,
            ...(input === undefined ? {} : { input }),
        });
    }

    /** However busy the machine: ten times what the longest of it takes, and the other tests still have their time. */
    private async untilIs(node: number, what: string, is: () => boolean): Promise<number> {
        return until(`${what}, node ${node}`, 400, () => Promise.resolve(is())).catch((error: unknown) => {
            const ends = this.all.map((each) => `node ${each}:\n${this.log(each).slice(-2000)}`);
            throw new Error(`${String(error)}\n${ends.join("\n")}`);
        });
    }

    private identity(node: number): string {
        const file = this.at(node, "data/logs/meta.properties");
        const text = existsSync(file) ? readFileSync(file, "utf8") : "";
        return /^directory\.id=(.*)$/m.exec(text)?.[1] ?? "none yet";
    }

    private env(node: number): Labels {
        return {
            KAFKA_HOME: this.home,
            KAFKA_HEAP_OPTS: "-Xmx256m",
            KAFKA_JVM_PERFORMANCE_OPTS: shortLived,
            JAVA_TOOL_OPTIONS: `-Djdk.net.hosts.file=${join(this.dir, "hosts")}`,
            POD_NAME: `kafka-${node}`,
            KAFKA_NODE_DOMAIN: domain,
            KAFKA_CLUSTER_ID: clusterId,
            KAFKA_NODES: String(this.all.length),
            KAFKA_WATCH_SECONDS: "1",
            KAFKA_ASK_SECONDS: "1",
            KAFKA_SETTINGS_DIR: this.at(node, "etc"),
            KAFKA_SECRETS_DIR: join(this.dir, "secrets"),
            KAFKA_CA_FILE: join(this.dir, "ca/ca.crt"),
            KAFKA_TLS_DIR: join(this.dir, "tls"),
            KAFKA_FIRST_START_DIR: join(this.dir, "first-start"),
            KAFKA_DATA_DIR: this.at(node, "data"),
            KAFKA_RUN_DIR: this.at(node, "run"),
        };
    }

    /** The chart's files with the places and the address of one node. */
    private moved(node: number, files: Labels): Labels {
        const listeners = ["CLIENT:9093", "INTERNAL:9094", "CONTROLLER:9095"];
        const own = listeners.map((each) => each.replace(":", `://${this.address(node)}:`)).join();
        const places: [string, string][] = [
            ["/run/secrets/kafka", join(this.dir, "secrets")],
            ["/run/kafka", this.at(node, "run")],
            ["/etc/data-platform/ca", join(this.dir, "ca")],
            ["/var/lib/kafka/data", this.at(node, "data")],
            [listeners.map((each) => each.replace(":", "://:")).join(), own],
        ];
        const move = (text: string) => places.reduce((all, [from, to]) => all.replaceAll(from, to), text);
        return Object.fromEntries(Object.entries(files).map(([file, text]) => [file, move(text)]));
    }

    private address(node: number): string {
        return `${this.network}.${node + 1}`;
    }

    private at(node: number, sub: string): string {
        return join(this.dir, `node-${node}`, sub);
    }
}

const name = (node: number) => `kafka-${node}.${domain}`;
