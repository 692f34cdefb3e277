import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { documentsOf, forgiving } from "../../../kubernetes/yaml";
import { repoRoot } from "../../../lib/paths";

describe("YAML as Helm and the API server read it", () => {
    const read = (scalar: string) => (documentsOf(`a: ${scalar}\n`)[0] as { a: unknown }).a;

    it("is that of version 1.1", () => {
        const values: [string, unknown][] = [
            ...["on", "On", "yes", "y", "true"].map((text): [string, unknown] => [text, true]),
            ...["off", "No", "n", "FALSE"].map((text): [string, unknown] => [text, false]),
            ...["~", "null", ""].map((text): [string, unknown] => [text, null]),
            ...([
                ["0400", 256],
                ["0x1F", 31],
                ["0b101", 5],
                ["1_000", 1000],
            ] as [string, unknown][]),
        ];
        for (const [scalar, value] of values) assert.equal(read(scalar), value, scalar);
    });

    it("has numbers as Go reads them", () => {
        const numbers: [string, number][] = [
            ["1e3", 1000],
            ["1E+3", 1000],
            ["08", 8],
            ["1.5e-7", 1.5e-7],
            [".5", 0.5],
            ["5.", 5],
        ];
        for (const [scalar, value] of numbers) assert.equal(read(scalar), value, scalar);
    });

    it("leaves as texts: dates, numbers to the base of 60, and what only looks like a number", () => {
        for (const scalar of [
            "2026-02-12",
            "2001-12-14t21:59:43.10-05:00",
            "1:30",
            "190:20:30.5",
            "1.2.3",
            ".",
            "e3",
            "1e400",
        ]) {
            assert.equal(read(scalar), scalar);
        }
    });

    it("goes on where a key is there twice, as charts have it", () => {
        assert.deepEqual(documentsOf("a: 1\na: 2\n"), [{ a: 2 }]);
    });

    it("merges, and knows anchors and several documents", () => {
        assert.deepEqual(documentsOf("b: &x {q: 1}\na:\n  <<: *x\n  z: 2\n---\n# nothing\n---\n- c\n"), [
            { b: { q: 1 }, a: { q: 1, z: 2 } },
            null,
            ["c"],
        ]);
    });

    it("is read alike by both readers, in everything that the stacks make", () => {
        const folder = join(repoRoot, "test", "golden");
        const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
            name.endsWith(".yaml"),
        );
        // Every seventh: the slow reader takes its time.
        const some = files.sort().filter((_name, index) => index % 7 === 0);
        assert.ok(some.length > 50);
        for (const name of some) {
            const text = readFileSync(join(folder, name), "utf8");
            assert.deepEqual(documentsOf(text), forgiving(text), name);
        }
    });
});
