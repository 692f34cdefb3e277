import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer, IncomingMessage, Server, ServerResponse } from "node:http";
import { AddressInfo } from "node:net";

import { type Lock, textOf, withDigests } from "../../../images/inventory/lock";
import { withAskedDigests } from "../../../images/inventory/main";
import { mirrored, parseReference, wholeName } from "../../../images/inventory/reference";
import { digestOf, platformsOf } from "../../../images/inventory/registry";
import { UserError } from "../../../lib/errors";

const index = JSON.stringify({ schemaVersion: 2, manifests: [] });
const digest = `sha256:${createHash("sha256").update(index).digest("hex")}`;

describe("names of images", () => {
    it("are taken apart as container engines do it", () => {
        assert.deepEqual(parseReference("quay.io/strimzi/operator:1.2.0"), {
            registry: "quay.io",
            path: "strimzi/operator",
            tag: "1.2.0",
        });
        assert.deepEqual(parseReference("localhost:5001/data-platform/etl:1"), {
            registry: "localhost:5001",
            path: "data-platform/etl",
            tag: "1",
        });
        assert.equal(wholeName("redis"), "docker.io/library/redis:latest");
        assert.equal(wholeName("bitnami/kubectl:1.30"), "docker.io/bitnami/kubectl:1.30");
        assert.equal(wholeName(`ghcr.io/a/b@${digest}`), `ghcr.io/a/b@${digest}`);
        assert.throws(() => parseReference("quay.io//x:1"), UserError);
        assert.throws(() => parseReference("a b"), /is no image's name/);
    });

    it("a mirror keeps upstream's path", () => {
        assert.equal(
            mirrored("quay.io/strimzi/operator:1.2.0", "r.example.com/m"),
            "r.example.com/m/strimzi/operator:1.2.0",
        );
        assert.equal(mirrored("python:3.12", "r.example.com/m"), "r.example.com/m/library/python:3.12");
    });
});

describe("digests out of a registry", () => {
    let server: Server;
    let asked: string[];
    let reply: (request: IncomingMessage, response: ServerResponse) => void;
    const address = () => `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const image = () => `${address()}/strimzi/operator:1.2.0`;

    beforeEach(async () => {
        asked = [];
        server = createServer((request, response) => {
            asked.push(`${request.method} ${request.url}`);
            reply(request, response);
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    });
    afterEach(() => new Promise((resolve) => server.close(resolve)));

    it("the images of a list, without what is attested of them", async () => {
        const one = (os: string, architecture: string) => ({ digest, platform: { os, architecture } });
        const list = [one("linux", "amd64"), one("linux", "arm64"), one("unknown", "unknown")];
        reply = (_, response) => response.writeHead(200).end(JSON.stringify({ manifests: list }));
        assert.deepEqual(await platformsOf(image()), [
            { platform: "linux/amd64", digest },
            { platform: "linux/arm64", digest },
        ]);
        reply = (_, response) => response.writeHead(200).end(JSON.stringify({ layers: [] }));
        assert.equal(await platformsOf(image()), undefined);
    });

    it("what it tells of a tag, for all platforms at once", async () => {
        reply = ({ headers }, response) => {
            assert.match(String(headers.accept), /image\.index\.v1\+json, .*manifest\.list/);
            response.setHeader("docker-content-digest", digest).end();
        };
        assert.equal(await digestOf(image()), digest);
        assert.deepEqual(asked, ["HEAD /v2/strimzi/operator/manifests/1.2.0"]);
    });

    it("where it tells none, the checksum of what the tag stands for", async () => {
        reply = ({ method }, response) => response.end(method === "GET" ? index : "");
        assert.equal(await digestOf(image()), digest);
    });

    it("a stranger's token is fetched where it wants one", async () => {
        reply = ({ url, headers }, response) => {
            if (url?.startsWith("/token?")) return response.end(JSON.stringify({ token: "for-strangers" }));
            if (headers.authorization === "Bearer for-strangers") {
                return response.setHeader("docker-content-digest", digest).end();
            }
            const challenge = `Bearer realm="http://${address()}/token",service="r",scope="repository:strimzi/operator:pull"`;
            return response.writeHead(401, { "www-authenticate": challenge }).end();
        };
        assert.equal(await digestOf(image()), digest);
        assert.equal(asked[1], "GET /token?service=r&scope=repository%3Astrimzi%2Foperator%3Apull");
        assert.equal(asked.length, 3);
    });

    for (const [status, said] of [
        [404, /the registry doesn't know it/],
        [403, /wants a sign-in \(403\)/],
        [429, /no more questions/],
        [500, /answers 500/],
    ] as const) {
        it(`${status} is said plainly`, async () => {
            reply = (_, response) => response.writeHead(status).end();
            await assert.rejects(digestOf(image()), (error) => error instanceof UserError && said.test(error.message));
        });
    }

    it("a made-up digest is refused, and so is a registry that isn't there", async () => {
        reply = (_, response) => response.setHeader("docker-content-digest", "sha256:abc").end();
        await assert.rejects(digestOf(image()), /the registry says "sha256:abc"/);
        await assert.rejects(digestOf("127.0.0.1:1/a/b:1"), /127\.0\.0\.1:1 can't be reached/);
    });

    it("the lock takes those that are told, keeps those that were known, and names the rest", async () => {
        const locked = (name: string, tag: string, known: string | null) => ({
            image: `quay.io/x/${name}`,
            tag,
            digest: known,
            stacks: ["dev", "prod"],
            usedBy: ["jobs"],
        });
        const now: Lock = {
            ...{ about: "", ours: [], bases: ["a", "d"].map((name) => locked(name, "2", null)) },
            upstream: ["a", "b", "c"].map((name) => locked(name, "2", null)),
        };
        const before: Lock = {
            ...now,
            upstream: [locked("b", "2", "sha256:b"), locked("c", "1", "sha256:c")],
            bases: [locked("d", "2", "sha256:d")],
        };
        const ask = (name: string) =>
            name.includes("/a:") ? Promise.resolve(digest) : Promise.reject(new UserError(`${name} has no digest`));
        const { lock, failures } = await withAskedDigests(now, before, ask);
        assert.deepEqual(
            lock.upstream.map((each) => each.digest),
            [digest, "sha256:b", null],
        );
        assert.deepEqual(
            lock.bases.map((each) => each.digest),
            [digest, "sha256:d"],
        );
        assert.deepEqual(
            failures,
            ["b", "c", "d"].map((name) => `quay.io/x/${name}:2 has no digest`),
        );
        assert.deepEqual(withDigests(now, lock).upstream, lock.upstream);
        assert.match(textOf(lock), /"stacks": \["dev", "prod"\],\n/);
        assert.deepEqual(JSON.parse(textOf(lock)), lock);
    });
});
