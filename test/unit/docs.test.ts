import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

import { pages } from "../../docs/generators/pages";

describe("pages that the program writes are up to date (make docs)", () => {
    for (const { file, text } of pages()) {
        it(basename(file), () => assert.equal(readFileSync(file, "utf8"), text));
    }
});
