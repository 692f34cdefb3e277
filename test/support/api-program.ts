import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { execa } from "execa";

import { repoRoot } from "../../lib/paths";
import { Reply, TlsService } from "./tls-service";

/** A program that asks the API server something as a pod, with its account's files, beside a stand-in for the server. */
export class ApiProgram {
    /** Answers the requests of the program. */
    reply!: Reply;
    server!: TlsService;
    private account!: string;

    /** @param file The program, a path from the project. */
    constructor(private readonly file: string) {}

    async start(): Promise<void> {
        this.account = mkdtempSync(join(tmpdir(), "api-program-"));
        this.server = await new TlsService("127.0.0.1", (asked) => this.reply(asked)).start();
        writeFileSync(join(this.account, "ca.crt"), this.server.ca);
        writeFileSync(join(this.account, "token"), "the-token\n");
    }

    async stop(): Promise<void> {
        await this.server.stop();
        rmSync(this.account, { recursive: true });
    }

    /** Runs it as its Job does; a failure is a result. */
    run(env: Record<string, string>) {
        const [beginning, program] = ["components/api_job.py", this.file].map((file) =>
            readFileSync(resolve(repoRoot, file), "utf8"),
        );
        return execa("python3", ["-c", beginning, program], {
            reject: false,
            all: true,
            env: {
                API_ACCOUNT: this.account,
                KUBERNETES_SERVICE_HOST: "127.0.0.1",
                KUBERNETES_SERVICE_PORT: new URL(this.server.address().url).port,
                no_proxy: "127.0.0.1",
                ...env,
            },
        });
    }
}
