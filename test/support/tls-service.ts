import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, Server } from "node:https";
import { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Masker } from "../../kubernetes/mask";
import { createPki, pkiFiles } from "../../sandbox/cluster/pki";
import { Service, ServiceAddress } from "../../sandbox/sample-run/service";

export interface Asked {
    method: string;
    path: string;
    headers: Record<string, string | string[] | undefined>;
    body: unknown;
}

export interface Answered {
    status?: number;
    body?: unknown;
}

/** Answer of a made-up service: a status and a value for JSON, at once or later. */
export type Reply = (asked: Asked) => Answered | Promise<Answered>;

/** A web service over TLS on this machine, with an authority of its own, for tests of what asks one. */
export class TlsService {
    readonly asked: Asked[] = [];
    /** Of its authority, PEM. */
    ca = "";
    private server?: Server;
    private dir = "";

    /** @param name The host name in its certificate. */
    constructor(
        private readonly name: string,
        private readonly reply: Reply,
    ) {}

    async start(): Promise<this> {
        this.dir = mkdtempSync(join(tmpdir(), "tls-service-"));
        const keys = join(this.dir, "pki");
        await createPki(keys, { apiserver: [this.name] });
        const { ca, apiserver } = pkiFiles(keys);
        this.ca = readFileSync(ca.cert, "utf8");
        const pair = { key: readFileSync(apiserver.key), cert: readFileSync(apiserver.cert) };
        const server = createServer(pair, (request, response) => {
            const chunks: Buffer[] = [];
            request.on("data", (chunk: Buffer) => chunks.push(chunk));
            request.on("end", () => {
                const text = Buffer.concat(chunks).toString();
                const { method = "", url: path = "", headers } = request;
                const asked = { method, path, headers, body: text ? (JSON.parse(text) as unknown) : undefined };
                this.asked.push(asked);
                void Promise.resolve(this.reply(asked)).then(({ status = 200, body = {} }) =>
                    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)),
                );
            });
        });
        this.server = server;
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        return this;
    }

    /** Its address; its name inside a cluster can be another than the one in its certificate. */
    address(name = this.name): ServiceAddress {
        const { port } = this.server?.address() as AddressInfo;
        return { name: "the service", url: `https://${name}:${port}`, address: "127.0.0.1", ca: this.ca };
    }

    client(masker = new Masker()): Service {
        return new Service(this.address(), { masker, signal: new AbortController().signal });
    }

    async stop(): Promise<void> {
        this.server?.closeAllConnections();
        await new Promise((resolve) => this.server?.close(resolve));
        rmSync(this.dir, { recursive: true });
    }
}
