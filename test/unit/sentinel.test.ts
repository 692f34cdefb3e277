import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { compare } from "../../render/diff/compare";
import { markdownOf } from "../../render/diff/markdown";
import { readSide } from "../../render/diff/side";
import { textOf } from "../../render/diff/text";
import { renderStack } from "../../render/manifests";
import { writeTree } from "../../render/write";
import { prepareCharts, prepareCrds } from "../../tools/charts";
import { bareConfig } from "../integration/fixtures/prod";
import { collect } from "../support/collect";
import { filesUnder, forms, leaks, leaksIn } from "../support/secrets";
import {
    externalDatabase,
    generatedOf,
    privateDags,
    sshDags,
    requestTexts,
    secretKeysOf,
    textKeysOf,
    token,
    Watched,
    watched,
} from "../support/sentinel";

/** Those of test/unit/fixtures/workload-secrets.ts. */
const workloadSecretKeys = ["json", "user", "password", "pem"].map(
    (key, index) => `secrets.${index === 0 ? "gcs" : "erp"}.${key}`,
);

/** Stacks of every shape that asks for secrets of its own. */
const variants: Record<string, () => Watched> = {
    dev: () => watched("dev"),
    "dev with DAGs of a private repository": () => watched("dev", { orchestrator: privateDags }),
    "dev with DAGs by SSH": () => watched("dev", { orchestrator: sshDags }),
    staging: () => watched("staging"),
    prod: () => watched("prod"),
    "prod with an external database": () => watched("prod", { database: externalDatabase }),
    sandbox: () => watched("sandbox"),
    ephemeral: () => watched("ephemeral"),
};

describe("no secret of the config stands anywhere but in Secrets", function () {
    this.timeout(180_000);

    it("the schema's secret keys are found by their mark, and what looks like one has it", () => {
        assert.deepEqual(secretKeysOf(), ["credentials.<user>", ...workloadSecretKeys]);
        const looks = textKeysOf().filter((key) => /(passw|secret|token|credential|private.?key)/i.test(key));
        // Objects of the cluster that are only named.
        const names = looks.filter((key) => /(secretName|images\.pullSecret)$/i.test(key));
        assert.deepEqual(
            looks.filter((key) => !names.includes(key)),
            ["credentials.<user>", "secrets.<user>.<user>"],
        );
    });

    it("a token is found in every form, whole and inside of something longer", () => {
        const secret = { of: "it", value: token() };
        const { value } = secret;
        const shapes = [
            value,
            JSON.stringify({ inside: `x${value}y` }),
            encodeURIComponent(value),
            encodeURIComponent(value).toLowerCase(),
            ...["", "a", "ab"].flatMap((before) =>
                (["base64", "base64url"] as const).map((form) => Buffer.from(`${before}${value}`).toString(form)),
            ),
            ...["", "a", "ab"].map((before) => Buffer.from(`${before}${value} and more`).toString("base64")),
            Buffer.from(value).toString("hex"),
            Buffer.from(value).toString("hex").toUpperCase(),
        ];
        for (const text of shapes) assert.deepEqual(leaks(`before ${text} after`, [secret]), ["it"], text);
        assert.deepEqual(leaks(`before ${token()} after`, [secret]), []);
        assert.ok(new Set(forms(value)).size >= 9, "the token looks alike in several forms");
    });

    for (const [name, make] of Object.entries(variants)) {
        it(`${name}: neither in what the program asks for, nor in its outputs`, async () => {
            const { secrets, ...options } = make();
            const made = await collect(options);
            const generated = generatedOf(made);
            assert.ok(secrets.length >= 8, `${secrets.length} secrets`);
            assert.deepEqual(leaksIn(requestTexts(made), [...secrets, ...generated]), []);
            // They do arrive, each in a Secret, marked as what it is.
            const kept = made.all("kubernetes:core/v1:Secret");
            const contents = JSON.stringify(kept.map(({ inputs }) => inputs.stringData));
            const unused = secrets.filter(({ value }) => !contents.includes(value)).map(({ of }) => of);
            // The sample has none of its own; the next test's workloads have.
            assert.deepEqual(unused, workloadSecretKeys);
            for (const { inputs, secretPaths, name: secret } of kept) {
                if (leaks(JSON.stringify(inputs), secrets).length > 0) assert.ok(secretPaths.length > 0, secret);
            }
        });
    }

    it("secrets of workloads, of every form: neither in what the program asks for, nor in its outputs", async () => {
        const { secrets, ...options } = watched("sandbox");
        const made = await collect({ ...options, program: require.resolve("./fixtures/workload-secrets.ts") });
        assert.deepEqual(leaksIn(requestTexts(made), [...secrets, ...generatedOf(made)]), []);
        const contents = JSON.stringify(made.all("kubernetes:core/v1:Secret").map(({ inputs }) => inputs.stringData));
        const there = secrets.filter(({ value }) => contents.includes(value)).map(({ of }) => of);
        assert.deepEqual(there, workloadSecretKeys);
    });

    it("a password that is wrong, or in the clear, isn't quoted back", async () => {
        const { secrets, config, stack } = watched("sandbox");
        const passwords = secrets.filter(({ of }) => of.startsWith("credentials."));
        const key = "data-platform:credentials";
        const spoiled = JSON.stringify(
            Object.fromEntries(passwords.map(({ of, value }) => [of.slice("credentials.".length), `${value} "`])),
        );
        const odd = "data-platform:secrets";
        const several = JSON.stringify({ Odd_Name: { "a b": secrets.at(-1)?.value, c: { d: secrets.at(-2)?.value } } });
        const unknown = JSON.stringify({ "objectStore.nobody": secrets[0].value, ...JSON.parse(config[key]) });
        const wrong = { "data-platform:images": "7", "data-platform:protect": "perhaps" };
        for (const [values, secretKeys] of [
            [{ ...config, [key]: spoiled }, [key]],
            [{ ...config, [key]: unknown }, [key]],
            [{ ...config, ...wrong }, [key]],
            [{ ...config, [odd]: several }, [key, odd]],
            [{ ...config, [odd]: JSON.stringify(secrets.at(-1)?.value) }, [key, odd]],
            [config, []],
        ] as const) {
            const error = await collect({ stack, config: values, secretKeys: [...secretKeys] }).then(
                () => assert.fail("it went well"),
                (reason: Error) => reason,
            );
            assert.match(error.message, /sandbox/);
            assert.deepEqual(leaks(`${error.message} ${error.stack} ${JSON.stringify(error)}`, secrets), []);
        }
    });

    describe("nor in what is rendered", () => {
        let scratch: string;
        before(async function () {
            this.timeout(180_000);
            await prepareCharts();
            await prepareCrds();
            scratch = await mkdtemp(join(tmpdir(), "data-platform-sentinel-"));
        });
        after(() => rm(scratch, { recursive: true, force: true }));

        for (const [name, make] of Object.entries({
            sandbox: () => watched("sandbox"),
            "prod with an external database": () =>
                watched(
                    "prod",
                    { database: externalDatabase },
                    bareConfig("prod", { database: { storageClass: undefined } }),
                ),
        })) {
            it(`${name}: its files and how two renderings differ, as text, for machines and as a comment`, async () => {
                const both = [make(), make()];
                const secrets = both.flatMap((each) => each.secrets);
                const [before, after] = ["before", "after"].map((side) => join(scratch, `${name}-${side}`));
                for (const [index, { stack, config, secretKeys }] of both.entries()) {
                    const rendered = await renderStack({ stack, config, secretKeys, charts: "directories" });
                    assert.deepEqual(leaks(JSON.stringify(rendered.releases), secrets), []);
                    await writeTree([before, after][index], rendered);
                }
                const files = filesUnder(scratch);
                assert.ok(Object.keys(files).length > 200);
                assert.deepEqual(leaksIn(files, secrets), []);
                const diff = compare(await readSide(before), await readSide(after));
                const environment = {
                    stack: name,
                    state: "compared" as const,
                    diff,
                    failures: [],
                    byValues: [],
                    secretSettings: [],
                };
                const report = {
                    ...{ base: "0000000", head: "1111111", uncommitted: false, charts: "directories" as const },
                    environments: [environment],
                };
                const texts = {
                    text: textOf(diff, { full: true }),
                    json: JSON.stringify(report),
                    comment: markdownOf(report),
                };
                assert.deepEqual(leaksIn(texts, secrets), []);
            });
        }
    });

    for (const where of ["config map", "annotation", "argument", "environment", "chart value", "output"]) {
        it(`counter-proof: one in the place of ${where} is found`, async () => {
            const password = token();
            const made = await collect({
                program: require.resolve("./fixtures/careless.ts"),
                config: { "careless:where": where, "careless:secrets": JSON.stringify({ password }) },
                secretKeys: ["careless:secrets"],
            });
            const found = leaksIn(requestTexts(made), [{ of: "the token", value: password }]);
            assert.equal(found.length, 1, found.join());
        });
    }
});
