import assert from "node:assert/strict";

import { harmless } from "../../../operations/github/sanitise";
import { commentLimit, markdownOf } from "../../../render/diff/markdown";
import { countsOf, Environment, Report } from "../../../render/diff/report";
import { environment, object, outside, report, withoutCode } from "../../support/report";

/** The same numbers each time, so that a failure can be seen again. */
function random(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return Math.floor((state / 2 ** 32) * below);
    };
}

/** Texts that somebody might write into a name or a value to get out of where it is shown. */
const hostile = [
    "```",
    "````\n</details>",
    "</details><img src=x onerror=alert(1)>",
    "@octocat @org/team",
    "[click](https://evil.example)",
    "![](https://evil.example/pixel.png)",
    "https://evil.example www.evil.example",
    "a | b | c",
    "<!-- data-platform:diff -->",
    "> [!CAUTION]\n> forged",
    "# heading\n\n- [ ] task",
    "closes #1 GH-2 org/repo#3",
    "\u202edesrever\u2066\u200b\u0007\r\n\u2028x",
    "`a``b```",
    "~~~\n***bold*** _em_ ~~gone~~ $math$ :smile:",
    "ünïcödé 🧨🧨🧨 日本語",
    "\ud800 lone",
    "&lt;b&gt; &#64;octocat",
    "\\`\\",
];

const kinds = [
    "ConfigMap",
    "Deployment",
    "StatefulSet",
    "PersistentVolumeClaim",
    "Namespace",
    "Role",
    "CustomResourceDefinition",
];

function someReport(seed: number): Report {
    const next = random(seed);
    const word = () => hostile[next(hostile.length)];
    const text = () =>
        Array.from({ length: next(60) }, word)
            .join(["\n", " ", ""][next(3)])
            .repeat(next(20) === 0 ? 40 : 1);
    const objects = (stack: string, count: number) =>
        Array.from({ length: count }, (_, index) =>
            object(stack, kinds[next(kinds.length)], next(3) === 0 ? `${word()}${index}` : `name-${index}`, {
                ...(next(2) === 0 ? { data: { [word()]: text(), plain: text() } } : {}),
                spec: { replicas: next(3), list: Array.from({ length: next(5) }, word), storage: `${next(9)}Gi` },
                ...(next(4) === 0 ? { image: `${word()}/image:${next(5)}` } : {}),
            }),
        );
    const environments = Array.from({ length: 1 + next(6) }, (_, index): Environment => {
        const stack = next(4) === 0 ? `${word()}${index}` : `stack-${index}`;
        const reason = () => (next(2) === 0 ? word() : text());
        if (next(6) === 0)
            return {
                ...{ stack, state: "failed", byValues: [], secretSettings: [] },
                failures: [{ side: "head", reason: `${reason()}x` }],
            };
        const [before, after] = [objects(stack, next(60)), objects(stack, next(60))];
        const state = (["compared", "compared", "compared", "new", "gone"] as const)[next(5)];
        const secretSettings = Array.from({ length: next(4) }, word);
        return environment(stack, state === "new" ? [] : before, state === "gone" ? [] : after, {
            state,
            secretSettings,
            byValues: secretSettings,
        });
    });
    return report(environments.sort((one, other) => (one.stack < other.stack ? -1 : 1)));
}

describe("a comment of any change", () => {
    const seeds = Array.from({ length: 25 }, (_, index) => index + 1);
    const limits = [8_000, 30_000, commentLimit];
    const made = seeds.map((seed) => ({ seed, of: someReport(seed) }));

    it("has no more bytes than it may have, and every block and fold in it ends", () => {
        for (const { seed, of } of made) {
            for (const limit of limits) {
                const text = markdownOf(of, {
                    limit,
                    detailsUrl: "https://github.example/acme/platform/actions/runs/1",
                });
                assert.ok(
                    Buffer.byteLength(text) <= limit,
                    `seed ${seed}: ${Buffer.byteLength(text)} bytes of ${limit}`,
                );
                assert.deepEqual(outside(text).open, [], `seed ${seed}, ${limit} bytes`);
                assert.ok(
                    !text.includes("\ufffd") || JSON.stringify(of).includes("\\ud800"),
                    "no character is cut in two",
                );
            }
        }
    });

    it("keeps its totals when it is cut, says what is missing, and never that nothing changes", () => {
        let cut = 0;
        for (const { seed, of } of made) {
            const { added, changed, removed } = countsOf(of.environments);
            for (const limit of limits) {
                const text = markdownOf(of, { limit });
                if (added + changed + removed === 0) continue;
                assert.ok(text.includes(`**${added} added, ${changed} changed, ${removed} removed**`), `seed ${seed}`);
                assert.ok(!text.includes("No rendered changes"));
                const left = [
                    ...(/\*\*Not everything has room\*\*: (?:(\d+) objects? (?:is|are) not shown here)?/.exec(text) ??
                        []),
                ];
                if (left.length > 0) cut++;
                const folded = (markdown: string) => /\n### [^]*(?=\n---\n)/.exec(markdown)?.[0];
                if (left.length === 0) {
                    const whole = folded(markdownOf(of, { limit: 100_000_000 }));
                    assert.equal(
                        folded(text),
                        whole,
                        `seed ${seed}, ${limit} bytes: something is missing, and nobody is told`,
                    );
                }
            }
        }
        assert.ok(cut > 20, `only ${cut} were cut at all`);
    });

    it("lets nothing in it be read as Markdown or HTML, speak to anybody, or point anywhere", () => {
        for (const { seed, of } of made) {
            const { lines } = outside(markdownOf(of));
            assert.equal(
                lines
                    .filter((line) => line.includes("<!--"))
                    .map(withoutCode)
                    .filter((line) => line.includes("<!--")).length,
                1,
            );
            for (const line of lines.slice(1)) {
                const plain = withoutCode(line)
                    .replace(/<\/?(details|summary|sub)>/g, "")
                    .replace(/^> \[!(NOTE|TIP|WARNING|CAUTION)\]$/, "");
                assert.doesNotMatch(
                    plain,
                    /[@<`[\]$\\]|https?:|www\.|#\d|GH-\d|:\w+:|&\w+;|~~/,
                    `seed ${seed}: ${line}`,
                );
                // eslint-disable-next-line no-control-regex -- it is what is looked for
                assert.doesNotMatch(line, /[\u202e\u2066\u200b\u0007\r\u2028]/, `seed ${seed}`);
            }
        }
    });

    it("comes through whole where a fork's comment is taken for a stranger's text", () => {
        const url = "https://github.example/acme/platform";
        for (const { seed, of } of made) {
            const text = markdownOf(of, { detailsUrl: `${url}/actions/runs/1` });
            // The marker is put before it by who posts it.
            assert.equal(harmless(text.replace(/^.*\n/, ""), url).changed, 0, `seed ${seed}`);
        }
    });

    it("has a table whose rows have as many cells as its head", () => {
        for (const { seed, of } of made) {
            const rows = outside(markdownOf(of)).lines.filter((line) => line.startsWith("|"));
            const cells = (line: string) => line.split("|").length - 2;
            // Two tables, of six and of five columns.
            for (const row of rows) assert.ok([5, 6].includes(cells(row)), `seed ${seed}: ${row}`);
        }
    });
});

describe("what is cut of a comment", () => {
    const big = (name: string, lines: number) =>
        object("dev", "ConfigMap", name, {
            data: { text: Array.from({ length: lines }, (_, index) => `line ${index} ${"x".repeat(50)}`).join("\n") },
        });

    it("is one object at most in part, with a word of how much is missing", () => {
        const after = Array.from({ length: 40 }, (_, index) => big(`c${index}`, 100));
        const text = markdownOf(report([environment("dev", [], after)]));
        const [whole, parts] = [
            text.split("\n+     line 99 ").length - 1,
            [...text.matchAll(/^ {2}… \d+ more lines$/gm)].length,
        ];
        assert.equal(parts, 1);
        assert.ok(whole >= 6, `${whole} are shown whole`);
        assert.ok(Buffer.byteLength(text) > 0.9 * commentLimit, "the room is used");
        const [, left] = /(\d+) objects are not shown here \(\d+ in `dev`\), and one is shown in part/.exec(text) ?? [];
        assert.equal(Number(left) + whole + parts, 40);
    });

    it("is never what is dangerous while there is something harmless", () => {
        const harmless = Array.from({ length: 40 }, (_, index) => big(`a${index}`, 100));
        const gone = object("dev", "PersistentVolumeClaim", "zzz", { spec: { accessModes: ["ReadWriteOnce"] } });
        const text = markdownOf(report([environment("dev", [gone], harmless)]));
        assert.match(text, /\*\*removed\*\* `PersistentVolumeClaim zzz`/);
    });

    it("is one giant rather than all others", () => {
        const others = Array.from({ length: 20 }, (_, index) => big(`z${index}`, 5));
        const text = markdownOf(report([environment("dev", [], [big("a-giant", 20_000), ...others])]));
        for (let index = 0; index < 20; index++) assert.ok(text.includes(`\`ConfigMap z${index}\``));
        assert.match(text, /\*\*added\*\* `ConfigMap a-giant`/);
    });

    it("is the rest of a line without an end", () => {
        const of = (value: string) => environment("dev", [], [object("dev", "ConfigMap", "c", { data: { value } })]);
        const text = markdownOf(report([of("🧨".repeat(100_000))]));
        assert.ok(Buffer.byteLength(text) < 5_000);
        assert.match(text, /🧨…\n/u);
    });

    it("can't be less than has room for the totals", () => {
        assert.throws(() => markdownOf(report([]), { limit: 100 }), RangeError);
    });
});
