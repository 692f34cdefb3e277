import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";

/** A registry of images on this machine, as far as it is asked for digests. */
export class Registry {
    /** Method, path and how somebody signed in. */
    readonly asked: string[] = [];
    /** Header of those who may ask; whoever doesn't send it is told to. @default everybody */
    only?: string;
    private readonly digests = new Map<string, string>();

    private constructor(private readonly server: Server) {}

    static async serve(): Promise<Registry> {
        const server = createServer((request, response) => registry.answer(request, response));
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const registry = new Registry(server);
        return registry;
    }

    /** Host and port, which is the first part of its images' names. */
    get address(): string {
        return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    }

    /** Takes an image in, by its whole name. */
    has(image: string, digest: string): void {
        const name = image.slice(image.indexOf("/") + 1);
        const colon = name.lastIndexOf(":");
        this.digests.set(`/v2/${name.slice(0, colon)}/manifests/${name.slice(colon + 1)}`, digest);
    }

    close(): Promise<void> {
        this.server.closeAllConnections();
        return new Promise((resolve) => this.server.close(() => resolve()));
    }

    private answer({ method, url = "", headers }: IncomingMessage, response: ServerResponse): void {
        this.asked.push([method, url, headers.authorization].filter(Boolean).join(" "));
        if (this.only && headers.authorization !== this.only) {
            response.writeHead(401, { "www-authenticate": 'Basic realm="here"' }).end();
            return;
        }
        const digest = this.digests.get(url);
        if (digest) response.writeHead(200, { "docker-content-digest": digest }).end();
        else response.writeHead(404).end();
    }
}
