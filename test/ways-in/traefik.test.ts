// By hand, because a build of Traefik takes minutes of many cores:
//   test/ways-in/traefik/build.sh /tmp/traefik /tmp/traefik-crds.yml
//   TRAEFIK=/tmp/traefik TRAEFIK_CRDS=/tmp/traefik-crds.yml mocha test/ways-in/traefik.test.ts
import assert from "node:assert/strict";
import { ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, request, Server } from "node:https";
import { AddressInfo } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { setTimeout as pause } from "node:timers/promises";

import type { KubeObject } from "../../kubernetes/client";
import { readObjects } from "../../kubernetes/objects";
import { outputDir } from "../../lib/paths";
import { freePorts } from "../../sandbox/cluster/ports";
import { createPki, pkiFiles } from "../../sandbox/cluster/pki";
import { prepareCrds } from "../../tools/charts";
import { Bed, useBed } from "../integration/bed";
import { renderExample } from "../support/clusters";

const { TRAEFIK: program, TRAEFIK_CRDS: ownDefinitions } = process.env;
const host = "mlflow.example.com";
const service = "mlflow.example-tracking.svc";
const namespace = "example-tracking";

interface Pair {
    ca: string;
    cert: string;
    key: string;
}

describe("a page through a real Traefik", function () {
    this.timeout(180_000);
    let dir: string;
    let bed: Bed;
    let page: Server;
    let port: number;
    let outside: Pair;
    let inside: Pair;
    let other: Pair;
    const asked: string[] = [];

    async function pair(name: string, serves: string): Promise<Pair> {
        const keys = join(dir, name);
        await createPki(keys, { apiserver: [serves] });
        const { ca, apiserver } = pkiFiles(keys);
        const read = (path: string) => readFileSync(path, "utf8");
        return { ca: read(ca.cert), cert: read(apiserver.cert), key: read(apiserver.key) };
    }

    before(async function () {
        if (!program) return this.skip();
        await prepareCrds();
        dir = mkdtempSync(join(tmpdir(), "ways-in-"));
        [outside, inside, other] = [await pair("o", host), await pair("i", service), await pair("x", service)];
        bed = await useBed();
        [port] = await freePorts(1);
        // No address of an endpoint may be of the machine itself.
        const address = Object.values(networkInterfaces())
            .flat()
            .find((each) => each && !each.internal && each.family === "IPv4")?.address;
        assert.ok(address, "an address that endpoints may have");
        page = createServer({ key: inside.key, cert: inside.cert }, (incoming, response) => {
            asked.push(String((incoming.socket as TLSSocket & { servername?: string }).servername));
            response.end(`hello ${incoming.headers.host}`);
        });
        await new Promise<void>((resolve) => page.listen(0, address, resolve));
        const folder = join(outputDir, "crds", "gateway-api");
        const definitions = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
        await apply(...definitions.map((text) => JSON.parse(text) as KubeObject));
        if (ownDefinitions) await apply(...(readObjects(readFileSync(ownDefinitions, "utf8")) as KubeObject[]));
        await pause(2000);
        await apply(
            ...[namespace, "traefik"].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
            secret("example-ingress-tracking-tls", "traefik", { "tls.crt": outside.cert, "tls.key": outside.key }),
            secret("ingress-tracking-tls", namespace, { "tls.crt": outside.cert, "tls.key": outside.key }),
            secret("platform-ca", namespace, { "ca.crt": inside.ca }),
            trust(inside.ca),
            {
                apiVersion: "gateway.networking.k8s.io/v1",
                kind: "GatewayClass",
                metadata: { name: "traefik" },
                spec: { controllerName: "traefik.io/gateway-controller" },
            },
            {
                apiVersion: "networking.k8s.io/v1",
                kind: "IngressClass",
                metadata: { name: "traefik" },
                spec: { controller: "traefik.io/ingress-controller" },
            },
            {
                apiVersion: "networking.k8s.io/v1",
                kind: "IngressClass",
                metadata: { name: "nginx" },
                spec: { controller: "k8s.io/ingress-nginx" },
            },
            {
                apiVersion: "v1",
                kind: "Service",
                metadata: { name: "mlflow", namespace },
                spec: { ports: [{ name: "https", port: 5000 }] },
            },
            ...["mlflow", "ingress-tracking"].map((name) => ({
                apiVersion: "discovery.k8s.io/v1",
                kind: "EndpointSlice",
                metadata: { name: `${name}-ours`, namespace, labels: { "kubernetes.io/service-name": name } },
                addressType: "IPv4",
                endpoints: [{ addresses: [address], conditions: { ready: true } }],
                ports: [{ name: "https", port: (page.address() as AddressInfo).port, protocol: "TCP" }],
            })),
        );
    });
    after(() => {
        page?.close();
        if (dir) rmSync(dir, { recursive: true });
    });

    const apply = async (...objects: object[]) => {
        for (const object of objects) await bed.kube.apply(object as KubeObject, { force: true });
    };
    const secret = (name: string, namespace: string, stringData: Record<string, string>) => ({
        ...{ apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, stringData },
    });
    const trust = (ca: string) => ({
        ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "platform-ca", namespace } },
        data: { "ca.crt": ca },
    });

    /** Answer to a visitor who believes the outer CA only. */
    const visit = () =>
        new Promise<string>((resolve) => {
            const sent = request(
                { host: "127.0.0.1", port, servername: host, ca: outside.ca, headers: { host }, agent: false },
                (response) => {
                    let text = "";
                    response.on("data", (chunk: Buffer) => (text += chunk.toString()));
                    response.on("end", () => resolve(`${response.statusCode} ${text.trim()}`));
                },
            );
            sent.on("error", (error) => resolve(error.message));
            sent.end();
        });

    async function becomes(wanted: RegExp): Promise<string> {
        let last = "";
        for (let tries = 0; tries < 300; tries++) {
            last = await visit();
            if (wanted.test(last)) return last;
            await pause(200);
        }
        throw new Error(`${last}\n${readFileSync(join(dir, "traefik.log"), "utf8").slice(-4000)}`);
    }

    async function through(provider: string[], work: () => Promise<void>): Promise<void> {
        const log = openSync(join(dir, "traefik.log"), "w");
        const args = [
            `--entrypoints.websecure.address=127.0.0.1:${port}`,
            ...provider.map((each) => `--providers.${each}=true`),
            ...["--log.level=DEBUG", "--global.checknewversion=false", "--global.sendanonymoususage=false"],
        ];
        const env = { ...process.env, KUBECONFIG: bed.kubeconfig };
        const running: ChildProcess = spawn(String(program), args, { env, stdio: ["ignore", log, log] });
        try {
            await work();
        } finally {
            running.kill();
            await once(running, "exit");
        }
    }

    /** What the stack makes for the way in, of these kinds. */
    async function ways(ingress: object, ...kinds: string[]): Promise<KubeObject[]> {
        const objects = await renderExample("kind", { ingress: { hosts: { tracking: host }, ...ingress } });
        return objects.filter(
            ({ kind, metadata }) =>
                kinds.includes(kind) && (kind !== "Service" || metadata.name === "ingress-tracking"),
        ) as unknown as KubeObject[];
    }

    it("by the Gateway API: TLS on both sides, the page's certificate verified by CA and name", async () => {
        const gateway = { className: "traefik", namespace: "traefik", port };
        await apply(...(await ways({ gateway }, "Gateway", "BackendTLSPolicy", "HTTPRoute")));
        await through(["kubernetesgateway"], async () => {
            assert.equal(await becomes(/^200/), `200 hello ${host}`);
            assert.equal(asked.at(-1), service);
            await apply(trust(other.ca));
            await becomes(/^50\d/);
            await apply(trust(inside.ca));
            await becomes(/^200/);
            const [policy] = await ways({ gateway }, "BackendTLSPolicy");
            const { validation } = policy.spec as { validation: object };
            const wrong = { ...validation, hostname: "minio.example-storage.svc" };
            await apply({ ...policy, spec: { ...policy.spec, validation: wrong } });
            await becomes(/^50\d/);
        });
        const made = await bed.kube.get({
            ...{ apiVersion: "gateway.networking.k8s.io/v1", kind: "Gateway" },
            ...{ namespace: "traefik", name: "example-ingress" },
        });
        const { conditions } = made?.status as { conditions: { type: string; status: string }[] };
        assert.deepEqual(
            conditions.map(({ type, status }) => `${type} ${status}`),
            ["Accepted True", "Programmed True"],
        );
    });

    it("by an Ingress: the same, by Traefik's own objects", async function () {
        if (!ownDefinitions) return this.skip();
        await apply(...(await ways({ className: "traefik" }, "Service", "ServersTransport", "Ingress")));
        await through(["kubernetesingress", "kubernetescrd"], async () => {
            assert.equal(await becomes(/^200/), `200 hello ${host}`);
            assert.equal(asked.at(-1), service);
            await apply(secret("platform-ca", namespace, { "ca.crt": other.ca }));
            await becomes(/^50\d/);
        });
    });

    it("by an Ingress as ingress-nginx wants it, which Traefik reads, too", async () => {
        await apply(secret("platform-ca", namespace, { "ca.crt": inside.ca }));
        await apply(...(await ways({ className: "nginx" }, "Ingress")));
        await through(["kubernetesingressnginx"], async () => {
            assert.equal(await becomes(/^200/), `200 hello ${host}`);
            assert.equal(asked.at(-1), service);
            await apply(secret("platform-ca", namespace, { "ca.crt": other.ca }));
            await becomes(/^50\d/);
        });
    });
});
