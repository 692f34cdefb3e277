import assert from "node:assert/strict";
import { createServer, Server } from "node:http";
import type { AddressInfo } from "node:net";

import * as pulumi from "@pulumi/pulumi";

import { Crds } from "../../../components/crds";
import { ConfigError } from "../../../config/errors";
import { certManagerType } from "../../../program/cert-manager";
import { collect as collectObjects } from "../../../program/collect";
import { definitionNotes } from "../../../program/definitions/notes";
import { Collected, collect } from "../../support/collect";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const program = require.resolve("../fixtures/certificates.ts");
const config = { "data-platform:profile": "sandbox" };

const definition = (name: string, more = "") =>
    `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: ${name} }\nspec: { scope: Namespaced${more} }\n`;

describe("an operator's CRDs", () => {
    const record = (made: Collected) => made.one("ConfigMap", "cert-manager-crds");
    const data = (made: Collected) => record(made).inputs.data as Record<string, string>;

    it("are a digest each in the program, of a few bytes, and come before the operator", async () => {
        const made = await collect({ program, config });
        assert.equal(Object.keys(data(made)).length, 6);
        assert.ok(Object.values(data(made)).every((digest) => /^[0-9a-f]{64}$/.test(digest)));
        assert.ok(JSON.stringify(record(made).inputs).length < 2_000);
        assert.deepEqual(made.all("CustomResourceDefinition"), []);
        assert.ok(made.one(certManagerType, "cert-manager").dependencies.includes(record(made).urn));
    });

    it("are applied when the record of them is made or changed", async () => {
        const { hooks } = record(await collect({ program, config }));
        const names = Object.entries(hooks ?? {}).map(([step, all]) => [
            step,
            (all as { name: string }[]).map(({ name }) => name),
        ]);
        assert.deepEqual(Object.fromEntries(names), {
            beforeCreate: ["cert-manager-crds"],
            afterCreate: [],
            beforeUpdate: ["cert-manager-crds"],
            afterUpdate: [],
        });
    });

    it("are registered under plain mocks of Pulumi's, which know no hooks", async () => {
        const seen: string[] = [];
        await pulumi.runtime.setMocks({
            newResource: ({ type, name, inputs }) => {
                seen.push(`${type} ${name}`);
                return { id: name, state: inputs as object };
            },
            call: () => ({}),
        });
        const args = { key: "crds.certManager", sources: ["./.sandbox/crds/cert-manager/*.json"], kubernetes: {} };
        const record = new Crds("plain", args).applied("cert-manager");
        await new Promise((resolve) => record.urn.apply(resolve));
        assert.deepEqual(seen, ["data-platform:cluster:Crds plain", "kubernetes:core/v1:ConfigMap plain"]);
    });

    it("are whole for whoever looks at a stack's objects", async () => {
        const { objects } = await collectObjects({ stack: "sandbox", program, config, offline: true });
        const definitions = objects.filter(({ manifest }) => manifest.kind === "CustomResourceDefinition");
        assert.equal(definitions.length, 6);
        assert.ok(definitions.every(({ manifest }) => JSON.stringify(manifest.spec).includes("openAPIV3Schema")));
        assert.ok(definitions.every(({ urn }) => urn.endsWith("::cert-manager-crds")));
    });

    describe("of an address", () => {
        let server: Server;
        let base: string;
        let asked: string[] = [];
        const answers = new Map<string, string>();
        const cache = process.env.DATA_PLATFORM_CACHE;
        before(async () => {
            server = createServer((request, response) => {
                asked.push(request.url ?? "");
                const text = answers.get(request.url ?? "");
                response.writeHead(text === undefined ? 404 : 200).end(text);
            }).listen(0, "127.0.0.1");
            await new Promise((resolve) => server.once("listening", resolve));
            base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        });
        beforeEach(async () => {
            process.env.DATA_PLATFORM_CACHE = await mkdtemp(join(tmpdir(), "crds-"));
            asked = [];
        });
        after(() => {
            if (cache === undefined) delete process.env.DATA_PLATFORM_CACHE;
            else process.env.DATA_PLATFORM_CACHE = cache;
            server.close();
        });
        const from = (path: string) =>
            collect({ program, config: { ...config, "fixture:crds": `${base}${path}` }, offline: false });

        it("come in one stream of YAML, and are read once a machine where the address has a version", async () => {
            answers.set("/1.2.3/all.yaml", `# all\n---\n${definition("a.x")}---\n${definition("b.x")}---\n`);
            const first = await from("/1.2.3/all.yaml");
            assert.deepEqual(Object.keys(data(first)), ["a.x", "b.x"]);
            assert.deepEqual(JSON.parse(annotation(first)), [`${base}/1.2.3/all.yaml`]);
            assert.equal(asked.length, 1);
            answers.delete("/1.2.3/all.yaml");
            assert.deepEqual(data(await from("/1.2.3/all.yaml")), data(first));
            assert.equal(asked.length, 1);
        });

        it("are asked for anew where it has none; a change is one of its digest alone", async () => {
            answers.set("/all.yaml", definition("a.x") + `---\n${definition("b.x")}`);
            const first = data(await from("/all.yaml"));
            answers.set("/all.yaml", definition("a.x") + `---\n${definition("b.x", ", preserveUnknownFields: true")}`);
            const second = data(await from("/all.yaml"));
            assert.equal(second["a.x"], first["a.x"]);
            assert.notEqual(second["b.x"], first["b.x"]);
        });

        it("are refused when they can't be read, by their key", async () => {
            await assert.rejects(from("/nothing.yaml"), (error) => {
                assert.ok(error instanceof Error && error.name === ConfigError.name, String(error));
                assert.match(error.message, /crds\.certManager .*\/nothing\.yaml can't be read: 404/);
                return true;
            });
        });

        it("are refused when anything else is beside them", async () => {
            answers.set("/secret.yaml", `${definition("a.x")}---\nkind: Secret\n`);
            await assert.rejects(from("/secret.yaml"), /crds\.certManager .*secret\.yaml holds something else.*Secret/);
        });

        const annotation = (made: Collected) =>
            (record(made).inputs.metadata as { annotations: Record<string, string> }).annotations[
                definitionNotes.sources
            ];
    });

    it("are refused when there are none", async () => {
        await assert.rejects(
            collect({ program, config: { ...config, "fixture:crds": "./nowhere/*.json" } }),
            /crds\.certManager .*nowhere.*no such file/,
        );
    });
});
