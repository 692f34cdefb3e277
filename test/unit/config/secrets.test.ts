import assert from "node:assert/strict";

import { configProblems } from "../../support/config-problems";

const problems = (secrets: unknown) => configProblems({ profile: "sandbox", secrets });

describe("secrets of workloads in the config", () => {
    it("are taken as people have them: keys of clouds, certificates, texts of any letters", () => {
        const pem = "-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n";
        const found = problems({
            gcs: { "service-account.json": '{"type": "service_account"}' },
            "erp-2": { user: "lädt", PASSWORD: "a b'\"\\$`", "client.pem": pem, ".netrc": "machine x", token_1: "1" },
        });
        assert.deepEqual(found, {});
    });

    for (const [secrets, key, message] of [
        [{ Odd_Name: { a: "hunter2" } }, "secrets.Odd_Name", /the key itself must be .*lower-case letters/],
        [{ ["a".repeat(51)]: { a: "hunter2" } }, `secrets.${"a".repeat(51)}`, /at most 50/],
        [{ gcs: { "a b": "hunter2" } }, 'secrets.gcs["a b"]', /the key itself must be a key of a Secret/],
        [{ gcs: { "../x": "hunter2" } }, 'secrets.gcs["../x"]', /must be a key of a Secret/],
        [{ gcs: "hunter2" }, "secrets.gcs", /must be a group of keys, not the one given/],
        [{ gcs: { a: { b: "hunter2" } } }, "secrets.gcs.a", /must be a text, not the one given/],
        [{ gcs: { a: 1234567 } }, "secrets.gcs.a", /must be a text, not the one given$/],
        [{ gcs: { a: "" } }, "secrets.gcs.a", /is empty/],
        [{ gcs: { a: "hunter2\0" } }, "secrets.gcs.a", /NUL/],
        [{ gcs: { a: "hunter2\ud800" } }, "secrets.gcs.a", /half of a character/],
        [{ gcs: { a: "ü".repeat(2 ** 18), b: "hunter2".repeat(2 ** 18) } }, "secrets.gcs", /more than the 1 MiB/],
    ] as const) {
        it(`refused, and not quoted: ${key}`, () => {
            const found = problems(secrets);
            assert.match(found[key] ?? JSON.stringify(found), message);
            assert.ok(!JSON.stringify(found).includes("hunter2") && !JSON.stringify(found).includes("1234567"));
        });
    }

    it("a MiB in all is as much as a Secret holds", () => {
        assert.deepEqual(problems({ gcs: { a: "x".repeat(2 ** 19), b: "x".repeat(2 ** 19) } }), {});
    });
});
