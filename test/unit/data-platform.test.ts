import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execa } from "execa";

import { repoRoot } from "../../lib/paths";

const program = join(repoRoot, "cli", "data-platform.mjs");

/** Runs the command from elsewhere, as a person would from a subdirectory or by its path. */
async function dataPlatform(...args: string[]) {
    const { stdout, stderr, exitCode } = await execa(process.execPath, [program, ...args], {
        cwd: tmpdir(),
        reject: false,
    });
    return { stdout, stderr, code: exitCode };
}

describe("the command data-platform", function () {
    this.timeout(120_000);

    it("is what npx finds", () => {
        const { bin } = JSON.parse(readFileSync(join(repoRoot, "package.json"), "utf8")) as {
            bin: Record<string, string>;
        };
        assert.equal(join(repoRoot, bin["data-platform"]), program);
        assert.ok(statSync(program).mode & 0o100, "it can't be executed");
    });

    it("tells what it can do, and how it ends", async () => {
        const all = await dataPlatform("--help");
        assert.deepEqual([all.code, all.stderr], [0, ""]);
        assert.match(all.stdout, /render/);
        const { code, stdout } = await dataPlatform("render", "--help");
        assert.equal(code, 0);
        for (const part of ["--stack <name>", "--json", "Exit codes:", "  2  the command line"]) {
            assert.ok(stdout.includes(part), part);
        }
    });

    it("ends with 2 for a command line that can't be meant, and says what is allowed", async () => {
        const cases: [string[], RegExp][] = [
            [["rendr"], /unknown command 'rendr'/],
            [["render", "--stak", "dev"], /unknown option '--stak'/],
            [["render", "--stack", "dev"], /--out missing\n {2}allowed: data-platform render --stack/],
            [["render", "--charts", "cloud"], /Allowed choices are configured, directories/],
            [["render", "--diff", "one"], /compares two directories, and 1 were given/],
        ];
        for (const [args, said] of cases) {
            const { code, stdout, stderr } = await dataPlatform(...args);
            assert.deepEqual([code, stdout], [2, ""], args.join(" "));
            assert.match(stderr, said);
        }
    });

    it("ends with 2 for a stack that isn't there, and says so to machines, too", async () => {
        const dir = mkdtempSync(join(tmpdir(), "cli-"));
        const { code, stdout, stderr } = await dataPlatform(
            ...["render", "--stack", "nowhere", "--out", join(dir, "out"), "--json"],
        );
        assert.equal(code, 2);
        assert.match(stderr, /there is no stack file Pulumi.nowhere.yaml/);
        const { error } = JSON.parse(stdout) as { error: { message: string; fix: string } };
        assert.match(error.message, /no stack file/);
        assert.match(error.fix, /name a stack/);
        rmSync(dir, { recursive: true });
    });

    it("renders a stack, and compares what it rendered", async function () {
        this.timeout(300_000);
        const dir = mkdtempSync(join(tmpdir(), "cli-"));
        const out = join(dir, "dev");
        const args = ["render", "--stack", "dev", "--charts", "directories", "--out", out];
        const first = await dataPlatform(...args);
        assert.equal(first.code, 0, first.stderr);
        assert.match(first.stdout, /^\d+ objects of the stack dev are in /);
        assert.match(first.stderr, /Render the stack dev/);
        assert.ok(!first.stdout.includes("\u001b"), "colours in what isn't a terminal");
        const same = await dataPlatform("render", "--diff", out, out, "--exit-code");
        assert.equal(same.code, 0, same.stderr);
        assert.match(same.stdout, /make the same objects/);
        const before = readFileSync(join(out, "dev-storage", "Service.minio.yaml"), "utf8");
        cpSync(out, join(dir, "changed"), { recursive: true });
        writeFileSync(join(dir, "changed", "dev-storage", "Service.minio.yaml"), before.replaceAll("9000", "9009"));
        const other = await dataPlatform("render", "--diff", out, join(dir, "changed"), "--exit-code", "--json");
        assert.equal(other.code, 3, other.stderr);
        const { summary, components } = JSON.parse(other.stdout) as { summary: object; components: { name: string }[] };
        assert.deepEqual(
            components.map(({ name }) => name),
            ["dev-storage"],
        );
        assert.equal((summary as { changed: number }).changed, 1);
        rmSync(dir, { recursive: true });
    });
});
