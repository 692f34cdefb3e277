import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { valueOf } from "../../../../config/raw";
import { NotYaml, readYaml } from "../../../../config/stack-file/read-yaml";
import { UserError } from "../../../../lib/errors";
import { readStackConfig } from "../../../../program/stack-config";

/**
 * Stack files, and what the Pulumi CLI makes of each: values by full key, or nothing where it refuses the file. Written by the CLI's own
 * code (pulumi/sdk v3.274.0: workspace.LoadProjectStackBytes and config.Map.Decrypt with NopDecrypter).
 */
const readings = JSON.parse(readFileSync(join(__dirname, "pulumi-readings.json"), "utf8")) as [
    string,
    Record<string, string> | null,
][];

/** What the CLI reads otherwise than it looks: refused by us. */
const misleading =
    /begins with a zero|is a date|has the tag|has a tag|a key that is no text|a second document|no key of a stack file|Pulumi ESC|is there twice/;

/** What the CLI refuses, and we don't: it says so itself, and nothing is misread. */
const lenient = [/\\\//, /\\ud/i, /^secretsprovider: \{/, /^config:\n {2}(1|true): /];

describe("a stack file is read without the engine as the Pulumi CLI reads it", () => {
    let dir: string;
    before(() => (dir = mkdtempSync(join(tmpdir(), "stack-file-"))));
    after(() => rmSync(dir, { recursive: true }));

    /** Values as the program gets them; or why the file is refused. */
    function read(text: string): { values?: Record<string, unknown>; refused?: string } {
        const file = join(dir, "Pulumi.dev.yaml");
        writeFileSync(file, text);
        try {
            const { values, problems = [] } = readStackConfig(file, "the secret");
            if (problems.length > 0)
                return { refused: problems.map(({ key, message }) => `${key} ${message}`).join("\n") };
            return { values: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, valueOf(value)])) };
        } catch (error) {
            assert.ok(error instanceof UserError, String(error));
            return { refused: error.render() };
        }
    }

    it(`in ${readings.length} texts`, () => {
        for (const [text, values] of readings) {
            const [{ values: ours, refused }, name] = [read(text), JSON.stringify(text)];
            if (values === null) {
                assert.ok(refused !== undefined || lenient.some((each) => each.test(text)), `the CLI refuses ${name}`);
            } else if (refused !== undefined) {
                assert.match(refused, misleading, name);
            } else {
                const theirs = Object.entries(values).map(([key, value]) => [key, secrets(valueOf(value), text)]);
                // In the same order, too.
                assert.equal(JSON.stringify(ours), JSON.stringify(Object.fromEntries(theirs.sort())), name);
            }
        }
    });

    /** The CLI was asked without decrypting: what it would decrypt is its cipher. */
    function secrets(value: unknown, text: string): unknown {
        if (typeof value === "string" && /^config:\n {2}[\w:-]+:\s+(\{secure: abc\}|secure: v1:abc)\n$/.test(text))
            return "the secret";
        if (Array.isArray(value)) return value.map((each) => secrets(each, ""));
        if (typeof value !== "object" || value === null) return value;
        const entries = Object.entries(value);
        if (entries.length === 1 && entries[0][0] === "secure" && typeof entries[0][1] === "string")
            return "the secret";
        return Object.fromEntries(entries.map(([key, each]) => [key, secrets(each, "")]));
    }

    for (const [text, refused] of [
        [
            "confg:\n  profile: dev\n",
            /^confg is no key of a stack file, and nobody reads it; did you mean "config"\? allowed: config, /,
        ],
        ["Config:\n  profile: dev\n", /did you mean "config"\?/],
        ["secretprovider: passphrase\n", /did you mean "secretsprovider"\?/],
        ["encryptedKey: abc\n", /did you mean "encryptedkey"\?/],
        ["surprise: 1\n", /^surprise is no key of a stack file, and nobody reads it; allowed: config/],
        ["environment: [acme/dev]\nconfig: {}\n", /^environment takes config from Pulumi ESC/],
        ["environment:\n  values:\n    pulumiConfig: {a: 1}\n", /^environment takes config from Pulumi ESC/],
        [
            "config:\n  profile: dev\n  data-platform:profile: prod\n",
            /data-platform:profile is there twice, as profile too/,
        ],
        [
            "config:\n  data-platform:config:protect: true\n  protect: true\n",
            /protect is there twice, as data-platform:config:protect too/,
        ],
        ["config:\n  a:b:c: 1\n", /^a:b:c can't be a key/],
        [
            "config:\n  tracking: {<<: 5}\n",
            /can't be read: tracking\["<<"\] must name a group of keys, or a list of such \(line 2\)/,
        ],
        ["config:\n  tracking: {[a]: b}\n", /can't be read: a key below tracking is no text \(line 2\)/],
        ['config:\n  tracking: {1: a, "1": b}\n', /can't be read: tracking\.1 is there twice \(line 2\)/],
        ["%YAML 1.2\n---\nconfig: {}\n", /can't be read: Pulumi doesn't read a file that begins with %YAML 1\.2/],
        ["config:\n  profile: dev\n  labels:\n    since: 2024-01-02\n", /^labels\.since is a date/],
        [
            "config:\n  data-platform:credentials:\n    orchestrator.admin: 0123456\n",
            /^credentials\["orchestrator\.admin"\] begins with a zero/,
        ],
    ] as const) {
        it(`refuses ${JSON.stringify(text.slice(0, 80))}`, () => {
            const found = read(text).refused ?? "nothing";
            assert.match(found, refused);
            assert.doesNotMatch(found, /0123456/, "a value, which may be a secret");
        });
    }

    for (const text of [
        "config:\n  data-platform:profile: dev\nenvironment: []\n",
        "x-sizes: &small {cpu: 100m, memory: 1Gi}\nconfig:\n  data-platform:tracking:\n    resources:\n      requests: {<<: *small}\n",
        "config: {}\nsecretsprovider: passphrase\nencryptionsalt: v1:abc\nencryptedkey: abc\n",
    ]) {
        it(`takes ${JSON.stringify(text.slice(0, 60))}`, () => assert.equal(read(text).refused, undefined));
    }

    it("refuses a file of the project that sets config for all stacks, which the CLI alone knows of", () => {
        const project = join(dir, "Pulumi.yaml");
        writeFileSync(project, "name: data-platform\nconfig:\n  data-platform:protect: {value: true}\n");
        try {
            assert.match(
                read("config: {}\n").refused ?? "",
                /^Pulumi\.yaml: config sets config that only the Pulumi CLI knows of/,
            );
            // What `pulumi new` leaves there is no config.
            const tags = "config:\n  pulumi:tags:\n    value:\n      pulumi:template: https://example.com/x\n";
            writeFileSync(project, `name: data-platform\n${tags}`);
            assert.equal(read("config: {}\n").refused, undefined);
            writeFileSync(project, `name: data-platform\n${tags}  data-platform:protect: {value: true}\n`);
            assert.match(read("config: {}\n").refused ?? "", /^Pulumi\.yaml: config sets config/);
            writeFileSync(project, "name: data-platform\nruntime: nodejs\n");
            assert.equal(read("config: {}\n").refused, undefined);
        } finally {
            rmSync(project);
        }
    });
});

describe("the engine's own look at the stack file ends where it has no end", () => {
    for (const [what, text, message] of [
        ["a value within itself", "config:\n  ports: &p\n    - *p\n", /^ports\[0\] refers to itself by \*p \(line 3\)/],
        [
            "a reference to nothing",
            "config:\n  ports: *p\n",
            /^ports refers to \*p \(line 2\), and there is no &p before it/,
        ],
        ["references to references", `config:\n  a: &a [1, 1]\n${doubled()}`, /^it comes to more than 200000 values/],
        ["two documents", "config: {}\n---\nconfig: {}\n", /^it has more than one document/],
        ["no YAML", 'config: "a\n', /^Missing closing "quote at line 2, column 1$/],
    ] as const) {
        it(what, () => {
            assert.throws(
                () => readYaml(text, "data-platform"),
                (error: Error) => error instanceof NotYaml && message.test(error.message),
            );
        });
    }
});

/** Anchors of which each stands for twice the one before. */
function doubled(): string {
    return Array.from(
        { length: 25 },
        (_, i) => `  k${i}: &k${i} [*${i ? `k${i - 1}` : "a"}, *${i ? `k${i - 1}` : "a"}]\n`,
    ).join("");
}
