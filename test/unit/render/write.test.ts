import assert from "node:assert/strict";
import {
    existsSync,
    lstatSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
    symlinkSync,
    utimesSync,
    writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { Rendered } from "../../../render/manifests";
import { checkTarget, marker, readMarker, writeTree } from "../../../render/write";
import { UsageError, UserError } from "../../../lib/errors";
import { repoRoot } from "../../../lib/paths";

const tree = (files: Record<string, string>): Rendered => ({
    ...{ stack: "demo", objects: [], releases: [], missing: [] },
    tree: new Map(Object.entries(files)),
});
const one = tree({ "cluster/Namespace.a.yaml": "a\n", "a/Pod.p.yaml": "p\n" });
const other = tree({ "cluster/Namespace.a.yaml": "b\n" });

describe("a directory that a tree is written to", () => {
    let parent: string;
    let directory: string;

    beforeEach(() => {
        parent = mkdtempSync(join(tmpdir(), "write-"));
        directory = join(parent, "out");
    });
    afterEach(() => rmSync(parent, { recursive: true }));

    const files = () =>
        readdirSync(directory, { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
            .sort();

    it("may be missing, with what it is in, or empty", async () => {
        directory = join(parent, "a", "b");
        await writeTree(directory, one);
        assert.deepEqual(files(), [marker, "a/Pod.p.yaml", "cluster/Namespace.a.yaml"]);
        rmSync(directory, { recursive: true });
        mkdirSync(directory);
        await writeTree(directory, one);
        assert.equal((await readMarker(directory))?.stack, "demo");
    });

    it("is replaced whole when render made it", async () => {
        await writeTree(directory, one);
        await writeTree(directory, other);
        assert.deepEqual(files(), [marker, "cluster/Namespace.a.yaml"]);
        assert.equal(readFileSync(join(directory, "cluster/Namespace.a.yaml"), "utf8"), "b\n");
        assert.deepEqual(readdirSync(parent), ["out"], "something is left beside it");
    });

    it("is refused with files of somebody else's, which stay", async () => {
        mkdirSync(directory);
        writeFileSync(join(directory, "thesis.txt"), "years of work");
        await assert.rejects(checkTarget(directory), (error: UserError) => {
            assert.deepEqual(error.details.evidence, ["thesis.txt"]);
            return /didn't make/.test(error.message);
        });
        await assert.rejects(writeTree(directory, one));
        assert.deepEqual(files(), ["thesis.txt"]);
    });

    it("is refused when somebody added files to what render made", async () => {
        await writeTree(directory, one);
        writeFileSync(join(directory, "a", "kustomization.yaml"), "mine");
        await assert.rejects(writeTree(directory, other), (error: UserError) => {
            assert.deepEqual(error.details.evidence, ["a/kustomization.yaml"]);
            return /of their own/.test(error.message);
        });
        assert.equal(readFileSync(join(directory, "cluster/Namespace.a.yaml"), "utf8"), "a\n");
    });

    it("is refused at once where it holds the project or a home, or is a whole disk", async () => {
        for (const place of ["/", repoRoot, dirname(repoRoot), homedir(), "/usr", "/proc"]) {
            const error: unknown = await checkTarget(place).catch((failed: unknown) => failed);
            assert.ok(error instanceof UsageError, place);
            assert.ok(error.render().split("\n").length < 12, error.render());
        }
        await checkTarget(join(repoRoot, ".sandbox", "rendered", "nothing-of-that-name"));
    });

    it("has only what is ours looked into", async () => {
        await writeTree(directory, one);
        // Somebody's, and as large as a disk; reading it would go round in a circle.
        mkdirSync(join(directory, "data", "deep"), { recursive: true });
        writeFileSync(join(directory, "data", "deep", "file"), "");
        symlinkSync("/", join(directory, "a", "disk"));
        await assert.rejects(checkTarget(directory), ({ details }: UserError) => {
            assert.deepEqual(details.evidence, ["a/disk", "data"]);
            return true;
        });
    });

    it("may be a link, which stays one", async () => {
        const link = join(parent, "link");
        mkdirSync(directory);
        symlinkSync(directory, link);
        await writeTree(link, one);
        await writeTree(link, other);
        assert.ok(lstatSync(link).isSymbolicLink());
        assert.deepEqual(files(), [marker, "cluster/Namespace.a.yaml"]);
    });

    it("is refused before any work where it can't be made", async () => {
        writeFileSync(join(parent, "file"), "");
        await assert.rejects(checkTarget(join(parent, "file", "out")), /a part of the path is a file/);
        await assert.rejects(checkTarget("/proc/1/out/of/here"), /can't be written there: /);
        await assert.rejects(checkTarget("/sys/nothing/out"), /it is no place for files/);
    });

    it("is refused when it is a file, or its marker is no marker", async () => {
        writeFileSync(directory, "");
        await assert.rejects(writeTree(directory, one), /it is no directory/);
        rmSync(directory);
        mkdirSync(directory);
        writeFileSync(join(directory, marker), "{}");
        await assert.rejects(writeTree(directory, one), /another version of data-platform/);
    });

    it("is put back when a run was killed between its two moves", async () => {
        await writeTree(directory, one);
        const old = join(parent, ".out.render-0a1b2c3d.old");
        mkdirSync(join(parent, ".out.render-0a1b2c3d.new"));
        // As it looks after the first move.
        renameSync(directory, old);
        for (const name of readdirSync(parent)) utimesSync(join(parent, name), new Date(0), new Date(0));
        await writeTree(directory, other);
        assert.deepEqual(readdirSync(parent), ["out"]);
        assert.ok(existsSync(join(directory, "cluster/Namespace.a.yaml")));
    });
});
