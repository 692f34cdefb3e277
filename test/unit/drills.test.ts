import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { repoRoot } from "../../lib/paths";

const page = join(repoRoot, "docs", "drills.md");

interface Row {
    drill: string;
    files: string[];
    counterProof: string;
}

/** The table of drills. */
function rows(): Row[] {
    const lines = readFileSync(page, "utf8")
        .split("\n")
        .filter((line) => /^\| F\d/.test(line));
    return lines.map((line) => {
        const cells = line.split(" | ").map((cell) => cell.replace(/^\| |\|$/g, "").trim());
        const [drill, , , tests, proof] = cells;
        const files = [...tests.matchAll(/\]\(([^)]+)\)/g)].map(([, file]) => join(dirname(page), file));
        return { drill, files, counterProof: proof.replaceAll("`", "") };
    });
}

describe("the page of drills", () => {
    const numbers = Array.from({ length: 18 }, (_, index) => `F${index + 1}`);

    it("has each failure mode, in order", () => {
        assert.deepEqual(
            rows().map(({ drill }) => drill),
            numbers.flatMap((each) => (each === "F5" ? ["F5", "F5b"] : [each])),
        );
    });

    it("names files that are there, and a counter-proof that stands in one of them", () => {
        for (const { drill, files, counterProof } of rows()) {
            assert.ok(files.length > 0, `${drill} has no test`);
            for (const file of files) assert.ok(existsSync(file), `${drill}: there is no ${file}`);
            const texts = files.map((file) => readFileSync(file, "utf8"));
            assert.ok(counterProof.length > 15, `${drill} has no counter-proof`);
            assert.ok(
                texts.some((text) => text.includes(counterProof)),
                `${drill}: "${counterProof}" stands in none of its files`,
            );
        }
    });

    it("names every drill that there is", () => {
        const text = readFileSync(page, "utf8");
        const folder = join(repoRoot, "test/integration/drills");
        const missing = readdirSync(folder).filter((name) => name.endsWith(".test.ts") && !text.includes(name));
        assert.deepEqual(missing, []);
    });
});
