import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execa } from "execa";

import { repoRoot } from "../../../lib/paths";

describe("the Helm that renders charts", () => {
    let dir: string;
    beforeEach(() => {
        dir = mkdtempSync(join(tmpdir(), "helm-"));
        mkdirSync(join(dir, "bin"));
    });
    afterEach(() => rmSync(dir, { recursive: true }));

    /** Puts a program into PATH that says a version. */
    const place = (name: string, says: string) =>
        writeFileSync(join(dir, "bin", name), `#!/bin/sh\necho '${says}'\n`, { mode: 0o755 });

    /** Asks for Helm in a process of its own, with an empty cache and a PATH without Go. */
    async function ask(which: "helm" | "helmAtHand", env: Record<string, string> = {}) {
        const script = `require("./tools/helm").${which}((note) => console.error(note)).then((path) => console.log(path), (error) => console.log(error.render()))`;
        const { stdout, stderr } = await execa(process.execPath, ["-r", "./cli/typescript.mjs", "-e", script], {
            cwd: repoRoot,
            env: {
                ...{ PATH: `${join(dir, "bin")}:/usr/bin:/bin`, DATA_PLATFORM_CACHE: join(dir, "cache") },
                ...{ DATA_PLATFORM_HELM: "", ...env },
            },
        });
        return { stdout, stderr };
    }

    it("is the one in PATH where the pinned one isn't built: nothing is, and it is said which", async () => {
        place("helm", "v3.20.1");
        for (const which of ["helm", "helmAtHand"] as const) {
            const { stdout, stderr } = await ask(which);
            assert.equal(stdout, join(dir, "bin", "helm"));
            assert.match(stderr, /^Helm v3\.20\.1 \(.*\/bin\/helm\) renders the charts; the pinned one is v3\./);
        }
        assert.ok(
            !existsSync(join(dir, "cache")) || readdirSync(join(dir, "cache")).length === 0,
            "something was built",
        );
    });

    it("is none of another major, or an older one, and nobody who only looks has one built", async () => {
        for (const version of ["v4.0.1", "v3.18.0"]) {
            place("helm", version);
            assert.equal((await ask("helmAtHand")).stdout, "undefined");
        }
        assert.ok(!existsSync(join(dir, "cache")));
    });

    it("is the one that DATA_PLATFORM_HELM names, or nothing is done", async () => {
        place("helm", "v3.20.1");
        place("mine", "v3.21.0");
        place("old", "v3.1.0");
        assert.equal(
            (await ask("helm", { DATA_PLATFORM_HELM: join(dir, "bin", "mine") })).stdout,
            join(dir, "bin", "mine"),
        );
        assert.equal((await ask("helmAtHand", { DATA_PLATFORM_HELM: "pinned" })).stdout, "undefined");
        const { stdout } = await ask("helm", { DATA_PLATFORM_HELM: join(dir, "bin", "old") });
        assert.match(
            stdout,
            /old is Helm v3\.1\.0\n {2}where: {3}DATA_PLATFORM_HELM\n {2}allowed: Helm 3, 3\.19 or newer/,
        );
    });
});
