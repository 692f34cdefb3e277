import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { commandText } from "../../../lib/exec";
import { about, follow, keepTimings, step } from "../../../lib/progress";

describe("the progress of a long job", () => {
    let dir: string;
    let file: string;
    let said: string[];
    const write = process.stderr.write.bind(process.stderr);

    beforeEach(() => {
        dir = mkdtempSync(join(tmpdir(), "progress-"));
        file = join(dir, "seconds.json");
        said = [];
        process.stderr.write = ((text: string) => (said.push(text), true)) as typeof process.stderr.write;
    });
    afterEach(() => {
        process.stderr.write = write;
        follow(undefined);
        rmSync(dir, { recursive: true });
    });

    const steps = ["Start it", "Fill it"];

    it("says which step of how many, and about how long: by what is typical, then by earlier runs", async () => {
        follow({ steps, typical: { "Start it": 130, "Fill it": 2 }, file });
        for (const title of steps) await step(title, () => Promise.resolve());
        assert.equal(said[0], "▸ 1 of 2  Start it (up to about 2 min)\n");
        assert.match(said[1], /^✔ 1 of 2 {2}Start it 0\.\d s\n$/);
        assert.equal(said[2], "▸ 2 of 2  Fill it\n", "a time of a few seconds is of no use");
        await keepTimings();
        const kept = JSON.parse(readFileSync(file, "utf8")) as Record<string, number[]>;
        assert.equal(kept["Start it"].length, 1);
        writeFileSync(file, JSON.stringify({ "Start it": [41.2, 3], nonsense: "x" }));
        follow({ steps, typical: {}, file });
        await step("Start it", () => Promise.resolve());
        assert.equal(said.at(-2), "▸ 1 of 2  Start it (up to about 40 s)\n");
    });

    it("says what a running step waits for, a line at a time, and again only when it is another thing", async () => {
        follow({ steps, typical: { "Fill it": 60 }, file });
        const work = async (note: (text: string) => void) => {
            note("3 of 7 pods\n  ready");
            await sleep(60);
            note("7 of 7 pods ready");
            await sleep(40);
        };
        await step("Fill it", work, { every: 15 });
        const lines = said.map((each) => each.replace(/\d+ s of/, "N s of"));
        assert.ok(
            said.every((each) => /^[^\n]+\n$/.test(each)),
            "a line is torn",
        );
        assert.equal(lines.filter((each) => each.includes("3 of 7")).length, 1);
        assert.equal(lines[1], "  … 2 of 2  Fill it: 3 of 7 pods; ready (N s of up to about 1 min)\n");
        assert.match(said.at(-1) ?? "", /7 of 7 pods ready\n$/);
    });

    it("goes on with a cache that can't be read or written, and leaves steps that are no main ones unnumbered", async () => {
        writeFileSync(file, "{torn");
        follow({ steps, typical: {}, file });
        await step("Build it", () => Promise.resolve(), { place: "2 of 7" });
        await step("Look", () => Promise.resolve());
        assert.deepEqual([said[0], said[2]], ["▸ 2 of 7  Build it\n", "▸ Look\n"]);
        follow({ steps, typical: {}, file: join(file, "seconds.json") });
        await keepTimings();
    });

    it("has times in round words, and commands that are whole or end with an argument", () => {
        assert.deepEqual([3, 42, 88, 130, 700].map(about), ["5 s", "40 s", "1.5 min", "2 min", "12 min"]);
        assert.equal(commandText("helm", ["pull", "x"]), "helm pull x");
        const long = commandText("sh", ["-c", "x ".repeat(400), "y"]);
        assert.equal(long, "sh -c … (and 2 more arguments)");
    });
});
