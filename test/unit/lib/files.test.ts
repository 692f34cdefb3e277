import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { writeAtomically, writeOwnersOnly } from "../../../lib/files";

describe("a file that is written in one move", () => {
    let dir: string;
    beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "files-"))));
    afterEach(() => rmSync(dir, { recursive: true }));
    const modeOf = (path: string) => statSync(path).mode & 0o777;

    it("is its owner's alone unless it is said otherwise", async () => {
        const [closed, open] = [join(dir, "closed"), join(dir, "open")];
        await writeAtomically(closed, "a");
        await writeAtomically(open, "a", { mode: 0o644 });
        assert.deepEqual([modeOf(closed), modeOf(open)], [0o600, 0o644]);
    });

    it("is in a directory of its owner's alone when nobody else may look", async () => {
        const path = join(dir, "inner", "state.json");
        await writeOwnersOnly(path, "a");
        assert.deepEqual([modeOf(dirname(path)), modeOf(path)], [0o700, 0o600]);
    });

    it("may be written several times at once", async () => {
        const path = join(dir, "file");
        const texts = ["a", "b", "c"].map((letter) => letter.repeat(100_000));
        await Promise.all(texts.map((text) => writeAtomically(path, text)));
        assert.ok(texts.includes(readFileSync(path, "utf8")));
        assert.deepEqual(readdirSync(dir), ["file"]);
    });

    it("leaves nothing behind when it can't be written", async () => {
        mkdirSync(join(dir, "file", "inner"), { recursive: true });
        await assert.rejects(writeAtomically(join(dir, "file"), "a"));
        assert.deepEqual(readdirSync(dir), ["file"]);
    });
});
