import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { repoRoot } from "../../../lib/paths";

const dir = join(repoRoot, "images/minio/minio/patches");

/** Advisories about the commit that images/minio builds, and what closes them. */
const known = [
    "CVE-2026-40344",
    "GHSA-9c4q-hq6p-c237",
    "CVE-2026-41145",
    "CVE-2026-34204",
    "GHSA-3rh2-v3gr-35p9",
    "CVE-2026-39414",
    "CVE-2026-42600",
];

describe("patches of MinIO", () => {
    const patches = readdirSync(dir).map((name) => ({ name, text: readFileSync(join(dir, name), "utf8") }));
    const build = readFileSync(join(repoRoot, "images/minio/build-tool.sh"), "utf8");

    it("close all that is known, each under a heading that says what and how", () => {
        for (const { name, text } of patches) {
            const [heading] = text.split(/^diff --git /m);
            assert.match(name, /^\d-[a-z0-9-]+\.patch$/);
            assert.match(heading, /^(CVE-\d{4}-\d+|SN-\d{4}-\d+|Signature version 2)\b.*[.:]/, name);
            assert.ok(/^@@ /m.test(text) || /^\+\+\+ /m.test(text), `${name} changes something`);
            assert.ok(text.split("\n").length < 200, `${name} is small enough to be read`);
        }
        const headings = patches.map(({ text }) => text.split(/^diff --git /m)[0]).join("");
        for (const each of known) assert.ok(headings.includes(each), each);
    });

    it("are applied to the letter or not at all, to what go.sum has been held to, and travel with the program", () => {
        const steps = ['go mod download "$package"', "for file in patches/*.patch", "--fuzz 0", "go build"];
        const places = steps.map((step) => build.indexOf(step));
        assert.ok(places.every((place) => place > 0));
        assert.deepEqual(
            [...places].sort((one, other) => one - other),
            places,
        );
        assert.match(build, /^set -eu$/m);
        assert.match(build, /cp -R patches "\$licenses\/"/);
        const image = readFileSync(join(repoRoot, "images/minio/Containerfile"), "utf8");
        assert.match(image, /COPY --from=build \/out\/licenses\/ \/usr\/share\/licenses\//);
        assert.match(image, /image\.licenses="AGPL-3\.0-or-later"/);
    });
});
