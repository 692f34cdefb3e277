import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { render } from "../../render/manifests";
import { Tree } from "../../render/tree";

/** As a bare machine renders them: nothing is downloaded, so they come out the same everywhere. */
const rendered = (stack: string) => render({ stack, charts: "directories" });

const update = process.env.UPDATE_GOLDEN === "1";

function read(directory: string): Tree {
    if (!existsSync(directory)) return new Map();
    const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return new Map(
        files
            .map((file) => join(file.parentPath, file.name))
            .sort((one, other) => one.localeCompare(other))
            .map((file) => [file.slice(directory.length + 1), readFileSync(file, "utf8")]),
    );
}

function write(directory: string, tree: Tree): void {
    rmSync(directory, { recursive: true, force: true });
    for (const [file, text] of tree) {
        mkdirSync(dirname(join(directory, file)), { recursive: true });
        writeFileSync(join(directory, file), text);
    }
}

describe("what each stack makes is what was committed (make golden writes it anew; read the diff)", () => {
    for (const stack of ["dev", "staging", "prod", "sandbox", "ephemeral"]) {
        it(stack, async () => {
            const directory = join(__dirname, stack);
            const tree = await rendered(stack);
            if (update) write(directory, tree);
            const expected = read(directory);
            assert.deepEqual([...tree.keys()], [...expected.keys()], "another set of objects");
            for (const [file, text] of tree) assert.equal(text, expected.get(file), `${stack}/${file} differs`);
        });
    }

    it("twice the same to the byte", async () => {
        assert.deepEqual([...(await rendered("prod"))], [...(await rendered("prod"))]);
    });
});
