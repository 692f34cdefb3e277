import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { profiles } from "../../../config/profiles";
import { schema } from "../../../config/schema";
import { run } from "../../../lib/exec";
import { repoRoot } from "../../../lib/paths";
import { project } from "../../../program/stack-name";

interface Template {
    name: string;
    template: { config: Record<string, { default?: string; secret?: boolean; description: string }> };
}

/** What `pulumi new <this repository>` does with it, as far as the repository decides. */
describe("the project as a template", () => {
    const { name, template } = parse(readFileSync(join(repoRoot, "Pulumi.yaml"), "utf8")) as Template;

    it("is proposed under the name that its config keys have", () => assert.equal(name, project));

    it("asks for keys that there are, none of them nested, which `pulumi new` can't set, and none a secret with a default", () => {
        for (const [key, { default: value, secret }] of Object.entries(template.config)) {
            const [prefix, own] = key.split(":");
            assert.ok(prefix === project && Object.hasOwn(schema.shape, own), key);
            assert.ok(!(secret && value), key);
        }
        assert.ok(Object.hasOwn(profiles, template.config["data-platform:profile"].default ?? ""));
    });

    it("has no text that would be filled in on the way: a copy is the same to the byte, but for Pulumi.yaml", async () => {
        const { stdout } = await run("git", ["ls-files", "-z"], { cwd: repoRoot });
        const filled = ["PROJECT", "DESCRIPTION"].map((word) => `\${${word}}`);
        const files = stdout.split("\0").filter((file) => file && statSync(join(repoRoot, file)).isFile());
        const changed = files.filter((file) => {
            const text = readFileSync(join(repoRoot, file), "latin1");
            return filled.some((word) => text.includes(word));
        });
        assert.deepEqual(changed, []);
    });
});
