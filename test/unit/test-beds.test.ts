import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

import { execa } from "execa";

import { outputDir, repoRoot } from "../../lib/paths";
import { Blocks } from "../beds/blocks";
import { split } from "../beds/split";

describe("tests in beds side by side", function () {
    it("are split so that every file is in one part, and the parts take about the same time", () => {
        const durations = { a: 100, b: 60, c: 50, d: 10 };
        assert.deepEqual(split(["d", "c", "b", "a"], 2, durations), [
            ["a", "d"],
            ["b", "c"],
        ]);
        assert.deepEqual(split(["x", "y", "z"], 2, {}).flat().sort(), ["x", "y", "z"]);
        assert.deepEqual(split(["x"], 2, {}), [["x"]]);
        // One that was never measured counts as the mean.
        assert.deepEqual(split(["a", "new", "d"], 2, durations), [["a"], ["d", "new"]]);
    });

    it("write whole suites, and the count at their end", () => {
        const written: string[] = [];
        const blocks = new Blocks((text) => written.push(text));
        blocks.add("\n\n  one suite\n    ✔ a test\n    inner\n      1) another");
        assert.deepEqual(written, []);
        blocks.add("\n\n  second\n    ✔ x\n\n\n  2 passing (1s)\n  1 failing\n\n  1) one suite\n");
        blocks.end();
        assert.deepEqual(written, [
            "  one suite\n    ✔ a test\n    inner\n      1) another\n\n",
            "  second\n    ✔ x\n\n",
            "  2 passing (1s)\n  1 failing\n\n  1) one suite\n\n",
        ]);
    });

    it("fail when one of them fails, with the counts of both, and remember what each file took", async function () {
        this.timeout(120_000);
        mkdirSync(outputDir, { recursive: true });
        const dir = mkdtempSync(join(outputDir, "beds-"));
        const file = (name: string, body: string) =>
            writeFileSync(join(dir, `${name}.test.ts`), `describe("${name}", () => { it("is", () => { ${body} }); });`);
        const beds = () =>
            execa("node", ["-r", "./cli/typescript.mjs", "test/beds/main.ts", relative(repoRoot, dir)], {
                cwd: repoRoot,
                env: { DATA_PLATFORM_CACHE: dir },
                reject: false,
                all: true,
            });
        try {
            file("one", "");
            file("two", "");
            const good = await beds();
            assert.equal(good.exitCode, 0, good.all);
            assert.equal(good.all.match(/ {2}1 passing/g)?.length, 2, good.all);
            const known = JSON.parse(readFileSync(join(dir, "test-durations.json"), "utf8")) as object;
            assert.deepEqual(
                Object.keys(known)
                    .map((each) => each.split("/").at(-1))
                    .sort(),
                ["one.test.ts", "two.test.ts"],
            );
            file("two", `throw new Error("no")`);
            const bad = await beds();
            assert.notEqual(bad.exitCode, 0);
            assert.match(bad.all, / {2}1 passing[\s\S]* {2}0 passing[^\n]*\n {2}1 failing/);
        } finally {
            rmSync(dir, { recursive: true });
        }
    });
});
