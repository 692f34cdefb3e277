import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { UsageError } from "../../../lib/errors";
import { readStackConfig, readStackFile, stackFile } from "../../../program/stack-config";

/** A stack file with more levels than a parser has a stack for. */
const deep = `config: ${"[".repeat(60_000)}${"]".repeat(60_000)}\n`;

/** Anchors of which each stands for twice the one before: a few lines, and more values than there is memory for. */
const doubled = [
    "config:",
    "  k0: &k0 [x]",
    ...Array.from({ length: 60 }, (_, i) => `  k${i + 1}: &k${i + 1} [*k${i}, *k${i}]`),
].join("\n");

describe("a stack file", () => {
    let dir: string;
    let file: string;
    beforeEach(() => {
        dir = mkdtempSync(join(tmpdir(), "stack-file-"));
        file = join(dir, "Pulumi.x.yaml");
    });
    afterEach(() => rmSync(dir, { recursive: true }));

    /** The message about a file that can't be read. */
    function refusal(content: string | Buffer): string {
        writeFileSync(file, content);
        try {
            readStackConfig(file);
        } catch (error) {
            assert.ok(error instanceof UsageError, String(error));
            assert.equal(error.details.where, file);
            return error.render();
        }
        return assert.fail("it was read");
    }

    const cases: [string, string | Buffer, RegExp][] = [
        [
            "a value within itself",
            "config:\n  a: &a\n    b: [1, *a]\n",
            /line 3, column 12: \*a refers to what it stands in/,
        ],
        [
            "a value within itself by two names",
            "config: &a\n  b: &b {c: *a}\n  d: *b\n",
            /line 2, column 13: \*a refers to/,
        ],
        ["an alias of nothing", "config:\n  a: *b\n", /line 2, column 6: \*b refers to nothing that stands before it/],
        ["aliases that multiply", doubled, /in full it has more than 50,000 values/],
        ["two documents", "config: {}\n---\nconfig: {}\n", /line 2, column 1: a second document begins/],
        [
            "a key twice",
            "config:\n  a: 1\n  b: {c: 1, c: 2}\n  a: 2\n",
            /line 3, column 13: the key .* second time\n.*line 4, column 3/,
        ],
        ["what is not closed", "config: [1, 2\n", /line 2, column 1: Flow sequence/],
        ["tabs", "config:\n\ta: 1\n", /line 2, column 1: Tabs are not allowed as indentation/],
        ["more levels than a parser bears", deep, /more than 100 values stand within each other/],
        [
            "too many levels",
            `config: ${"[".repeat(150)}${"]".repeat(150)}\n`,
            /more than 100 values stand within each other/,
        ],
        [
            "a large file",
            `config:\n  a: ${"x".repeat(300_000)}\n`,
            /is too large for a stack file: 293 KiB\n.*\n.*at most 256 KiB/,
        ],
        ["UTF-16", Buffer.from("\uFEFFconfig: {}\n", "utf16le"), /is UTF-16\n.*\n.*YAML in UTF-8/],
        ["an archive", Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0xff]), /is no text in UTF-8/],
        ["NUL bytes", "config: {}\n\0\0", /is no text in UTF-8/],
        ["a list", "- config\n", /is no stack file\n.*\n.*the key `config`/],
        ["a text", "config\n", /is no stack file/],
        ["a config that is a list", "config: [a]\n", /is no stack file/],
    ];
    for (const [what, content, said] of cases) {
        it(`with ${what} is refused in one message`, () => assert.match(refusal(content), said));
    }

    it("has none of its lines quoted: they may be secrets", () => {
        const said = refusal('config:\n  password: "hunter2" hunter3\n- }hunter4\n&hunter5 b: {hunter6: [}\n');
        assert.doesNotMatch(said, /hunter[2346]/);
    });

    it("has all its problems told at once, and not more than can be read", () => {
        const said = refusal(`config:\n${"  a: 1\n".repeat(30)}`);
        assert.match(said, /line 3,[^]*line 12,[^]*and 19 more/);
    });

    it("is read where it is right: with a byte order mark, anchors used twice, an end of document, nothing in it", () => {
        writeFileSync(file, "\uFEFFconfig:\n  a: &a {b: 1}\n  c: [*a, *a]\n...\n");
        assert.deepEqual(readStackFile(file).config, { a: { b: 1 }, c: [{ b: 1 }, { b: 1 }] });
        for (const empty of ["", "# nothing\n", "---\n", "config:\n"]) {
            writeFileSync(file, empty);
            assert.deepEqual(readStackConfig(file), { values: {}, secretKeys: [] });
        }
    });

    it("is read where it is as large as may be, with each line a key", () => {
        const lines = Array.from({ length: 14_000 }, (_, i) => `  data-platform:k${i}: 1`);
        writeFileSync(
            file,
            `config:\n${lines
                .join("\n")
                .slice(0, 255 * 1024)
                .replace(/\n.*$/, "")}\n`,
        );
        assert.ok(Object.keys(readStackFile(file).config ?? {}).length > 9_000);
    });

    it("that is a directory, or isn't there, is told as that", () => {
        mkdirSync(file);
        assert.throws(() => readStackFile(file), /Pulumi.x.yaml is a directory, not a file/);
        writeFileSync(join(dir, "Pulumi.dev.yaml"), "");
        assert.throws(
            () => readStackFile(join(dir, "Pulumi.y.yaml")),
            (error: UsageError) => /there is no stack file/.test(error.message) && error.details.allowed === "dev, x",
        );
    });

    it("has no path that a name leads out of the project", () => {
        for (const name of ["../x", "../../etc/passwd", "", "a b", "x/../../y"]) {
            assert.throws(() => stackFile(name), UsageError, name);
        }
        assert.equal(stackFile("dev", dir), join(dir, "Pulumi.dev.yaml"));
    });
});
