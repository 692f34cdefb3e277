import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { ConfigError } from "../../../config/errors";
import { load } from "../../../config/load";

const own = "my-own-password-0123456789";

describe("passwords in a stack file", () => {
    let dir: string;
    const file = () => join(dir, "Pulumi.dev.yaml");

    /** Problems of the passwords of a stack file, its config handed over as the engine does. */
    async function problems(given: unknown, { secret = true, read = file(), group = "credentials" } = {}) {
        const key = `data-platform:${group}`;
        const config = { "data-platform:profile": "sandbox", [key]: given };
        writeFileSync(file(), JSON.stringify({ config }));
        const plain = group === "secrets" ? { gcs: { key: own }, erp: { user: own } } : { "objectStore.root": own };
        await pulumi.runtime.setMocks(
            { newResource: ({ name }) => ({ id: name, state: {} }), call: () => ({}) },
            "data-platform",
            "dev",
        );
        pulumi.runtime.setAllConfig(
            { "data-platform:profile": "sandbox", [key]: JSON.stringify(plain) },
            secret ? [key] : [],
        );
        try {
            load(read);
            return [];
        } catch (error) {
            if (!(error instanceof ConfigError)) throw error;
            // Whether the charts have been prepared is another matter.
            return error.problems.filter(({ key }) => key.startsWith(group));
        }
    }

    beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "stack-file-"))));
    afterEach(() => rmSync(dir, { recursive: true }));

    it("are fine encrypted", async () => {
        assert.deepEqual(await problems({ "objectStore.root": { secure: "v1:abc" } }), []);
    });

    it("are refused in the clear", async () => {
        const [{ key, message }] = await problems({ "objectStore.root": own }, { secret: false });
        assert.equal(key, "credentials");
        assert.ok(!message.includes(own));
    });

    it("are refused in the clear beside an encrypted one, by name and without quoting them", async () => {
        const found = await problems({ "objectStore.root": { secure: "v1:abc" }, "eventStream.admin": own });
        assert.deepEqual(
            found.map(({ key }) => key),
            ['credentials["eventStream.admin"]'],
        );
        assert.match(found[0].message, /--secret --path 'credentials\["eventStream.admin"\]'/);
        assert.ok(!found[0].message.includes(own));
    });

    it("are fine encrypted as one", async () => {
        assert.deepEqual(await problems({ secure: "v1:abc" }), []);
        assert.deepEqual(await problems({ secure: "v1:abc" }, { group: "secrets" }), []);
        assert.deepEqual(await problems({ gcs: { secure: "v1:abc" } }, { group: "secrets" }), []);
    });

    it("secrets of workloads: fine encrypted, refused in the clear, alone or beside encrypted ones", async () => {
        const group = "secrets";
        const secure = { secure: "v1:abc" };
        assert.deepEqual(await problems({ gcs: { key: secure }, erp: { user: secure } }, { group }), []);
        const [alone] = await problems({ gcs: { key: own } }, { group, secret: false });
        assert.equal(alone.key, "secrets");
        assert.match(alone.message, /holds secrets in the clear.*--secret --path 'secrets/);
        const found = await problems({ gcs: { "service-account.json": own, key: secure } }, { group });
        assert.deepEqual(
            found.map(({ key }) => key),
            ['secrets.gcs["service-account.json"]'],
        );
        assert.match(found[0].message, /is a secret in the clear.*--path 'secrets\.gcs\["service-account\.json"\]'/);
        assert.ok(![alone, ...found].some(({ message }) => message.includes(own)));
    });

    it("are taken as the engine says where there is no such file", async () => {
        const read = join(dir, "none.yaml");
        assert.deepEqual(await problems({ "objectStore.root": own, "eventStream.admin": own }, { read }), []);
    });
});
