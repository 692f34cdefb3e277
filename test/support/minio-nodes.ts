import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { execa, type ResultPromise } from "execa";

import { repoRoot } from "../../lib/paths";
import { installPackages } from "../../tools/packages";
import type { Container, Labels } from "./charts";
import { until } from "./handshake";

type Process = ResultPromise<{ all: true; reject: false }>;

export interface MinioNodesOptions {
    /** A directory of the test's own. */
    dir: string;
    /** Directory of the programs `minio` and `mc`. */
    bin: string;
    count: number;
    /** Headless Service's name, under which each node has one. */
    domain: string;
    /** The chart's container. */
    container: Container;
    /** Directory of the certificate's volume. */
    tls: string;
    /** Directory of the administrator's Secret. */
    root: string;
}

/** Mounts a node's volume and becomes the server. */
const start = 'mkdir -p "$1" && mount --bind "$1" /run/data && shift && exec "$@"';

/** MinIO's nodes as processes, each with a network and a volume of its own: the chart's command as it is, by the chart's names. */
export class MinioNodes {
    private readonly running = new Map<number, Process>();
    private readonly volumes = new Map<number, string>();
    /** Generation that the nodes must have in common, as their pods are told. */
    generation: string;

    private constructor(
        private readonly options: MinioNodesOptions,
        private readonly world: Process,
    ) {
        this.generation = options.container.env?.find(({ name }) => name === "GENERATION")?.value ?? "";
    }

    static async create(options: MinioNodesOptions): Promise<MinioNodes> {
        const ip = await execa("ip", ["-V"], { reject: false });
        if (ip.failed) await installPackages(["iproute2"]);
        const own = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
        const script = join(repoRoot, "test/support/minio-nodes.sh");
        const args = [String(options.count), options.dir, options.domain];
        const world = execa("unshare", [...own, "--net", "--mount", "bash", script, ...args], {
            all: true,
            reject: false,
        });
        let said = "";
        world.all.on("data", (text: Buffer) => (said += text.toString()));
        await until(`the nodes' network (${said})`, 20, () => Promise.resolve(said.includes("ready")));
        return new MinioNodes(options, world);
    }

    /** Runs a command where clients are, or where a node is. */
    run(command: string[], env: Labels, node?: number): Process {
        const own = process.getuid?.() === 0 ? [] : ["--user", "--preserve-credentials"];
        const inside = node === undefined ? [] : ["ip", "netns", "exec", `node${node}`];
        return execa(
            "nsenter",
            ["--target", String(this.world.pid), ...own, "--net", "--mount", ...inside, ...command],
            {
                env: { PATH: `${this.options.bin}:${process.env.PATH}`, ...env },
                extendEnv: false,
                all: true,
                reject: false,
            },
        );
    }

    /** Starts a node on its volume, or on another one, with the chart's command or another one. */
    start(node: number, volume = String(node), command = this.options.container.command ?? []): void {
        const { container, dir, root, tls } = this.options;
        const home = this.home(node);
        mkdirSync(home, { recursive: true });
        const env = Object.fromEntries(
            (container.env ?? []).map(({ name, value = "" }) => [
                name,
                value.replace("/run/secrets/minio", root).replace(/^\/tmp$/, home),
            ]),
        );
        this.volumes.set(node, volume);
        const words = command.map((word) =>
            word.replace(/(:9000|^)\/data$/, "$1/run/data").replace("/etc/data-platform/tls", tls),
        );
        const args = ["bash", "-c", start, dir, `/run/volumes/${volume}`, ...words];
        // As the kubelet gives it to every pod, and as MinIO knows by that it may have to wait for names.
        this.running.set(node, this.run(args, { ...env, KUBERNETES_SERVICE_HOST: "10.96.0.1" }, node));
    }

    /** Waits until a node ends by itself; gives its last words. */
    async ended(node: number): Promise<{ exitCode?: number; all: string }> {
        const process = this.running.get(node);
        if (!process) throw new Error(`node ${node} wasn't started`);
        return process;
    }

    async stop(node: number, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
        const process = this.running.get(node);
        this.running.delete(node);
        process?.kill(signal);
        await process;
    }

    /** Result of the readiness probe of a node. */
    async ready(node: number, after = 3600): Promise<{ exitCode?: number; all: string }> {
        const pid = this.running.get(node)?.pid;
        const env = {
            NODES: String(this.options.count),
            GENERATION: this.generation,
            MINIO_PID: String(pid),
            READY_AFTER: String(after),
            READY_VOLUME: `/run/volumes/${this.volumes.get(node) ?? node}`,
        };
        const script = join(repoRoot, "charts/minio/files/ready.sh");
        return this.run(["bash", script], { ...env, HOME: this.home(node), READY_DIR: this.home(node) }, node);
    }

    /** Waits until the probe has called these nodes ready; gives the seconds that it took. */
    untilReady(nodes: number[], after?: number): Promise<number> {
        return until(`nodes ${nodes.join()} ready`, 60, async () => {
            const answers = await Promise.all(nodes.map((node) => this.ready(node, after)));
            return answers.every(({ exitCode }) => exitCode === 0);
        });
    }

    async end(): Promise<void> {
        await Promise.all([...this.running.keys()].map((node) => this.stop(node, "SIGKILL")));
        this.world.kill("SIGKILL");
        await this.world;
    }

    private home(node: number): string {
        return join(this.options.dir, `node${node}`);
    }
}
