import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { marker } from "../../../../operations/github/marker";
import { harmless } from "../../../../operations/github/sanitise";
import { readUntrusted } from "../../../../operations/github/untrusted";
import { repoRoot } from "../../../../lib/paths";
import { markdownOf } from "../../../../render/diff/markdown";
import { environment, object, report } from "../../../support/report";

const pages = "https://github.com/acme/platform";
const safe = (text: string) => harmless(text, pages).text;

/** Markdown that the project's own program writes, all of its means. */
const honest = [
    "> [!NOTE]",
    "> **+2 added · 1 changed · −1 removed**: 304 objects",
    "",
    "| image | before | after |",
    "| --- | --- | --- |",
    "| `docker.io/x@sha256:0` | `1.0` | `a\\|b` |",
    "",
    "<details><summary><b>prod</b> prod-tracking &lt;2&gt; &#96;x&#96;</summary>",
    "",
    "#### ~ HorizontalPodAutoscaler mlflow\\_x\\[1\\] \\<b\\>",
    "",
    "````diff",
    "@@ spec.template @@",
    "- <img src=x> @acme/admins #12 https://evil.example.com ```",
    "+ [a](https://evil.example.com)",
    "````",
    "",
    "</details>",
    "",
    "[The whole](https://github.com/acme/platform/actions/runs/12#artifacts) of it; ``a ` b``",
].join("\n");

describe("a stranger's comment", () => {
    it("comes through as it is when the project's own program wrote it", () => {
        assert.deepEqual(harmless(honest, pages), { text: honest, changed: 0 });
    });

    it("comes through as it is when diff has written it, whatever names and values there are", () => {
        const names = [
            "@acme/admins",
            "![](https://evil.example)",
            "a | `b`",
            "</details><img src=x>",
            "~~~\n#1 &#64;x",
            "/lgtm",
        ];
        const side = (value: string) =>
            names.map((name, index) =>
                object("prod", ["Deployment", "Namespace", "ConfigMap"][index % 3], `${name}${index}`, {
                    data: { [name]: `${value} ${names.join("\n")}` },
                }),
            );
        const prod = environment("prod", side("one"), [...side("two"), object("prod", "Role", "@new", {})]);
        const text = markdownOf(report([prod, environment("```", [], side("x"))]), {
            detailsUrl: `${pages}/actions/runs/1`,
        });
        assert.ok(text.includes("@acme/admins") && text.split("\n").length > 100, text);
        assert.deepEqual(harmless(text, pages).text.split("\n").slice(1), text.split("\n").slice(1));
    });

    it("comes through as it is when it is the one of docs/pull-requests.md", () => {
        const page = readFileSync(join(repoRoot, "docs", "pull-requests.md"), "utf8");
        const [, shown] =
            /<!-- comment: begin -->\s*^(?:`{4,})\w*\n([^]*?)^`{4,}\n\s*<!-- comment: end -->/m.exec(page) ?? [];
        assert.ok(shown?.startsWith(`${marker("diff")}\n`));
        const rest = shown.slice(shown.indexOf("\n") + 1);
        assert.deepEqual(harmless(rest, pages), { text: rest, changed: 0 });
    });

    describe("reaches nobody and nothing", () => {
        const cases: [string, string, RegExp][] = [
            ["a mention", "thanks @acme/admins", /@\u200bacme/],
            ["a mention behind a backslash", "\\@acme", /@\u200bacme/],
            [
                "a mention by an entity",
                "&commat;acme &#64;acme &#x40;acme",
                /^&amp;commat;acme &amp;#\u200b64;acme &amp;#x40;acme$/,
            ],
            ["an issue", "see #12, a/b#3, GH-4, \\#5", /^see #\u200b12, a\/b#\u200b3, GH-\u200b4, \\#\u200b5$/],
            ["a bare address", "go to https://evil.example.com", /https:\u200b\/\/evil/],
            ["a bare address behind www", "www.evil.example.com", /www\u200b\.evil/],
            ["a link", "[ok](https://evil.example.com)", /^\[ok\\\]\(https:\u200b/],
            ["a link without a protocol", "[ok](//evil.example.com)", /^\[ok\\\]\(/],
            ["a link that only begins like ours", "[ok](https://github.com/acme/platform.evil/x)", /\\\]\(/],
            ["a link out of ours", `[ok](${pages}/../../evil/x)`, /\\\]\(/],
            ["a link that goes on in the next line", "[ok](\nhttps://evil.example.com)", /^\[ok\\\]\(\nhttps:\u200b/],
            ["a definition of a link", "[ok]\n\n[ok]: //evil.example.com", /\[ok\\\]: /],
            ["an image", "![x](https://evil.example.com/x.png)", /^\\!\[x\\\]\(/],
            ["an image of ours", `![x](${pages}/x.png)`, /^\\!\[/],
            [
                "HTML",
                '<img src=x onerror=y><a href="//evil">x</a><!-- c -->',
                /^&lt;img [^<]*&lt;a [^<]*&lt;\/a>&lt;!-- c -->$/,
            ],
            ["a tag with an attribute", '<b class="x">x</b>', /^&lt;b class/],
            ["an autolink", "<https://evil.example.com>", /^&lt;https:\u200b/],
            ["a command to another bot", "/lgtm\n  /approve", /^\u200b\/lgtm\n {2}\u200b\/approve$/],
            ["a command in a fence", "```\n/lgtm\n```", /\n\u200b\/lgtm\n/],
            ["a language that is drawn", "```mermaid\ngraph\n```", /^```text\n/],
            ["text that turns around", "a\u202eb\u2066c\u0000d", /^abcd$/],
        ];
        for (const [what, text, expected] of cases) it(what, () => assert.match(safe(text), expected));
    });

    describe("can't pretend to be in code", () => {
        const bait = "<img src=x> @acme/admins";
        const cases: [string, string][] = [
            ["a fence right after a tag is HTML, not a fence", `<details>\n\`\`\`\n${bait}\n\`\`\``],
            ["a fence in HTML of a quote", `> <details>\n> \`${bait}\``],
            ["a fence in HTML of a list", `1. <details>\n   \`${bait}\``],
            ["a fence that ends with its list", `- a\n\n  \`\`\`\n${bait}`],
            ["a fence of tildes around the end of ours", `~~~\n\n\`\`\`\n~~~\n${bait}\n\`\`\``],
            ["code in HTML that is none", `<b><code>![](x) ${bait}</code></b>`],
            ["code in HTML that is none, by an attribute", `<details x><code>![](x) ${bait}</code>`],
            ["code in HTML that begins later", `text\n    <details><code>![](x) @acme/admins</code>`],
            ["a fence with a backtick in its language", `\`\`\`a\`b\n${bait}`],
            ["a fence that another one ends", `\`\`\`\nx\n   \`\`\`\`\t\n${bait}`],
            ["code that began a line before", `a \`b\n\`x\`${bait}\`y\``],
            ["code that a table parts", `| a | b |\n| - | - |\n| \` | ${bait} \` |`],
            ["code that isn't closed by as many", `\`\`${bait}\``],
            ["code behind a backslash", `\\\`${bait}\``],
            ["a line that ends by a carriage return alone", `\`\`\`\nx\r\`\`\`\r${bait}`],
        ];
        for (const [what, text] of cases) {
            it(what, async () => {
                const dir = mkdtempSync(join(tmpdir(), "untrusted-"));
                writeFileSync(join(dir, "c"), `${marker("diff")}\n${text}`);
                const { body, changed } = await readUntrusted(join(dir, "c"), "diff", pages);
                rmSync(dir, { recursive: true });
                assert.ok(changed > 0);
                // The fence of tildes is none any more, so that ours is one; all others are bare text.
                if (what.includes("tildes")) assert.match(body, /\\~~~\n\n```\n~~~\n/);
                else assert.ok(!body.includes("<img") && !body.includes("@acme"), body);
                assert.match(body, /\[!WARNING\]\n> This was made by the pull request's own code/);
            });
        }

        it("and a fence that it leaves open is closed", () => assert.equal(safe("\n````\nx"), "\n````\nx\n````"));
    });

    it("is read in a moment, whatever it is", function () {
        this.timeout(20_000);
        const sizes = Array.from({ length: 340 }, (_, i) => "`".repeat(i + 1)).join(" ");
        for (const text of ["`".repeat(60_000), "[".repeat(60_000), "](".repeat(30_000), "&".repeat(60_000), sizes])
            safe(text);
    });

    describe("is a file", () => {
        let dir: string;
        beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "untrusted-"))));
        afterEach(() => rmSync(dir, { recursive: true }));
        const read = (name = "comment.md") => readUntrusted(join(dir, name), "diff", pages);
        const write = (body: string | Buffer) => writeFileSync(join(dir, "comment.md"), body);

        it("that begins with the marker, and then with nothing of ours", async () => {
            write(`${marker("diff")}\n${honest}`);
            assert.deepEqual(await read(), { body: `${marker("diff")}\n${honest}`, changed: 0 });
            for (const body of [
                "",
                "hello",
                ` ${marker("diff")}`,
                `${marker("ephemeral")}\nx`,
                `${marker("diff")}<b>\n`,
            ]) {
                write(body);
                await assert.rejects(read(), /is not the comment that it should be/, JSON.stringify(body));
            }
        });

        it("of bounded size, before and after", async () => {
            write(`${marker("diff")}\n${"x".repeat(65_000)}`);
            await assert.rejects(read(), /more than 65000 bytes/);
            write(`${marker("diff")}\n${"<".repeat(40_000)}`);
            await assert.rejects(read(), /the body has \d+ bytes/);
        });

        it("of text, and neither a link, a directory nor missing", async () => {
            write(Buffer.concat([Buffer.from(`${marker("diff")}\n`), Buffer.from([0xff, 0xfe])]));
            await assert.rejects(read(), /is no text/);
            writeFileSync(join(dir, "secret"), `${marker("diff")}\nsecret`);
            symlinkSync(join(dir, "secret"), join(dir, "link"));
            await assert.rejects(read("link"), /can't be read \(ELOOP\)/);
            mkdirSync(join(dir, "directory"));
            await assert.rejects(read("directory"), /is no plain file/);
            await assert.rejects(read("gone"), /has no such file/);
        });
    });
});
