import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { run } from "../../lib/exec";
import { freePorts } from "../../sandbox/cluster/ports";
import { layout } from "../../sandbox/cluster/layout";
import { tool } from "../../tools";

/** The distribution registry on this machine, which asks everybody for a login. Nodes speak plain HTTP with what is on their own address. */
export class LoginRegistry {
    private constructor(
        private readonly process: ChildProcess,
        private readonly dir: string,
        /** Host and port. */
        readonly address: string,
        readonly user: string,
        readonly password: string,
    ) {}

    static async serve(): Promise<LoginRegistry> {
        const dir = mkdtempSync(join(tmpdir(), "login-registry-"));
        mkdirSync(join(dir, "data"));
        const [port] = await freePorts(1);
        const [user, password] = ["puller", "only-for-this-test"];
        const program = await tool("registry");
        const { stdout } = await run(program, ["htpasswd"], { input: `${user}:${password}\n` });
        writeFileSync(join(dir, "htpasswd"), `${stdout}\n`);
        const config = {
            version: "0.1",
            storage: { filesystem: { rootdirectory: join(dir, "data") } },
            http: { addr: `127.0.0.1:${port}`, secret: "none" },
            auth: { htpasswd: { realm: "test", path: join(dir, "htpasswd") } },
        };
        // JSON is YAML.
        writeFileSync(join(dir, "config.yml"), JSON.stringify(config));
        const log = openSync(join(dir, "log"), "w");
        const process = spawn(program, ["serve", join(dir, "config.yml")], { stdio: ["ignore", log, log] });
        const registry = new LoginRegistry(process, dir, `127.0.0.1:${port}`, user, password);
        await registry.answers();
        return registry;
    }

    /** Docker's config.json with its login. */
    get login(): string {
        const auth = Buffer.from(`${this.user}:${this.password}`).toString("base64");
        return JSON.stringify({ auths: { [this.address]: { auth } } });
    }

    /** Pushes the image that an archive holds, by the node's own containerd, in a namespace in which the kubelet doesn't look. */
    async push(archive: string, ref: string, as: string): Promise<void> {
        const ctr = async (...args: string[]) =>
            run(await tool("ctr"), ["--address", layout().socket, "--namespace", "e2e", ...args]);
        await ctr("images", "import", "--local", "--no-unpack", archive);
        if (ref !== as) await ctr("images", "tag", ref, as);
        const login = `${this.user}:${this.password}`;
        await ctr("images", "push", "--local", "--plain-http", "--user", login, as);
        await ctr("images", "remove", "--sync", ...new Set([ref, as]));
    }

    async stop(): Promise<void> {
        if (this.process.exitCode === null) {
            this.process.kill();
            await once(this.process, "exit");
        }
        rmSync(this.dir, { recursive: true });
    }

    private async answers(): Promise<void> {
        while (this.process.exitCode === null) {
            const status = await fetch(`http://${this.address}/v2/`).then(
                (answer) => answer.status,
                () => undefined,
            );
            // Nobody without a login.
            if (status === 401) return;
            await new Promise((resolve) => setTimeout(resolve, 200));
        }
        throw new Error(`the registry has ended with ${this.process.exitCode}`);
    }
}
