import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { recoveryPage } from "../../../../docs/generators/findings";
import { catalog } from "../../../../operations/doctor/catalog";
import { repoRoot } from "../../../../lib/paths";

const read = (...path: string[]) => readFileSync(join(repoRoot, ...path), "utf8");
const code = readdirSync(join(repoRoot, "operations", "doctor"))
    .filter((file) => file !== "catalog.ts")
    .map((file) => read("operations", "doctor", file))
    .join("\n");
const ids = (text: string) => [...new Set(text.match(/DP-[A-Z]+-\d{3}/g))].sort();

describe("the ids of doctor's findings", () => {
    it("are found by the code, each of them, and no other", () => {
        assert.deepEqual(ids(code), Object.keys(catalog).sort());
    });

    it("are in docs/recovery.md, each in a row of its own, and no other is there", () => {
        const page = read("docs", "recovery.md");
        assert.equal(recoveryPage(page), page, "make docs");
        const rows = [...page.matchAll(/^\| `(DP-[A-Z]+-\d{3})` \| [^|]+ \| [^|]+ \|$/gm)].map(([, id]) => id);
        assert.deepEqual(rows, Object.keys(catalog));
        assert.deepEqual(ids(page), Object.keys(catalog).sort());
    });

    it("name commands that there are", () => {
        const commands = readdirSync(join(repoRoot, "cli", "commands")).map((file) => file.replace(/\.ts$/, ""));
        const named = [...`${code}${JSON.stringify(catalog)}`.matchAll(/[`"']data-platform ([a-z][a-z-]*)/g)];
        assert.ok(named.length > 5);
        for (const [, command] of named) assert.ok(commands.includes(command), command);
    });
});
