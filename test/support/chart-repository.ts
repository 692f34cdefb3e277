import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, IncomingMessage, Server, ServerResponse } from "node:http";
import { AddressInfo } from "node:net";
import { join, relative } from "node:path";

import { run } from "../../lib/exec";
import { repoRoot } from "../../lib/paths";
import { helm } from "../../tools/helm";

/** A small chart, packed. */
export interface Packed {
    name: string;
    version: string;
    archive: string;
    directory: string;
}

/** Writes a chart with one ConfigMap and packs it with Helm. */
export async function packChart(dir: string, name = "demo", version = "1.2.3"): Promise<Packed> {
    const directory = join(dir, name);
    mkdirSync(join(directory, "templates"), { recursive: true });
    writeFileSync(join(directory, "Chart.yaml"), `apiVersion: v2\nname: ${name}\nversion: ${version}\n`);
    writeFileSync(join(directory, "values.yaml"), "greeting: hello\n");
    writeFileSync(
        join(directory, "templates", "configmap.yaml"),
        [
            ...["apiVersion: v1", "kind: ConfigMap", "metadata:", "  name: {{ .Release.Name }}-from-chart"],
            ...["data:", "  greeting: {{ .Values.greeting | quote }}", "  mode: {{ 0400 }}", ""],
        ].join("\n"),
    );
    await run(await helm(), ["package", directory, "--destination", dir]);
    return { name, version, directory, archive: join(dir, `${name}-${version}.tgz`) };
}

/** A directory as the config names those of the project. */
export function inProject(directory: string): string {
    return `./${relative(repoRoot, directory)}`;
}

/** A chart repository and an OCI registry in one, on this machine, as far as `helm pull` asks. */
export class ChartRepository {
    private constructor(
        /** Paths that were asked for. */
        readonly asked: string[],
        private readonly server: Server,
        private readonly files: Map<string, { body: Buffer; type: string }>,
    ) {}

    static async serve(chart: Packed): Promise<ChartRepository> {
        const files = new Map<string, { body: Buffer; type: string }>();
        const asked: string[] = [];
        const server = createServer((request, response) => {
            asked.push(request.url ?? "");
            answer(files.get(request.url ?? ""), request, response);
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const repository = new ChartRepository(asked, server, files);
        repository.put(chart);
        return repository;
    }

    /** The repository's address. */
    get address(): string {
        return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    }

    /** The chart's address in the registry. */
    get oci(): string {
        return this.address.replace("http:", "oci:") + "/charts/demo";
    }

    /** Serves a text under a path. */
    text(path: string, text: string): void {
        this.files.set(path, { body: Buffer.from(text), type: "text/plain" });
    }

    async close(): Promise<void> {
        this.server.closeAllConnections();
        await new Promise((resolve) => this.server.close(resolve));
    }

    private put({ name, version, archive }: Packed): void {
        const layer = readFileSync(archive);
        const entry = { apiVersion: "v2", name, version, digest: hash(layer), urls: [`${name}-${version}.tgz`] };
        const index = { apiVersion: "v1", entries: { [name]: [entry] } };
        this.files.set("/index.yaml", { body: Buffer.from(JSON.stringify(index)), type: "text/yaml" });
        this.files.set(`/${name}-${version}.tgz`, { body: layer, type: "application/gzip" });
        const config = Buffer.from(JSON.stringify({ apiVersion: "v2", name, version }));
        const blob = (body: Buffer, mediaType: string) => {
            const digest = `sha256:${hash(body)}`;
            this.files.set(`/v2/charts/${name}/blobs/${digest}`, { body, type: "application/octet-stream" });
            return { mediaType, digest, size: body.length };
        };
        const type = "application/vnd.oci.image.manifest.v1+json";
        const manifest = {
            schemaVersion: 2,
            mediaType: type,
            config: blob(config, "application/vnd.cncf.helm.config.v1+json"),
            layers: [blob(layer, "application/vnd.cncf.helm.chart.content.v1.tar+gzip")],
        };
        const body = Buffer.from(JSON.stringify(manifest));
        for (const reference of [version, `sha256:${hash(body)}`]) {
            this.files.set(`/v2/charts/${name}/manifests/${reference}`, { body, type });
        }
    }
}

function answer(
    file: { body: Buffer; type: string } | undefined,
    request: IncomingMessage,
    response: ServerResponse,
): void {
    if (!file) {
        response.writeHead(404).end();
        return;
    }
    response.writeHead(200, {
        "content-type": file.type,
        "content-length": file.body.length,
        "docker-content-digest": `sha256:${hash(file.body)}`,
    });
    response.end(request.method === "HEAD" ? undefined : file.body);
}

function hash(body: Buffer): string {
    return createHash("sha256").update(body).digest("hex");
}
