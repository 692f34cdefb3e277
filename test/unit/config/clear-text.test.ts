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
    async function problems(credentials: Record<string, unknown>, { secret = true, read = file() } = {}) {
        const config = { "data-platform:profile": "sandbox", "data-platform:credentials": credentials };
        writeFileSync(file(), JSON.stringify({ config }));
        const plain = Object.fromEntries(Object.keys(credentials).map((user) => [user, own]));
        await pulumi.runtime.setMocks(
            { newResource: ({ name }) => ({ id: name, state: {} }), call: () => ({}) },
            "data-platform",
            "dev",
        );
        pulumi.runtime.setAllConfig(
            { ...config, "data-platform:credentials": JSON.stringify(plain) },
            secret ? ["data-platform:credentials"] : [],
        );
        try {
            load(read);
            return [];
        } catch (error) {
            if (!(error instanceof ConfigError)) throw error;
            // Whether the charts have been prepared is another matter.
            return error.problems.filter(({ key }) => key.startsWith("credentials"));
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

    it("are taken as the engine says where there is no such file", async () => {
        const read = join(dir, "none.yaml");
        assert.deepEqual(await problems({ "objectStore.root": own, "eventStream.admin": own }, { read }), []);
    });
});
