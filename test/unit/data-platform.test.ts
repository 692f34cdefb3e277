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

    it("has help that is wrapped once, to 80 columns in a pipe, and examples that can be copied", async () => {
        for (const args of [[], ["render"], ["diff"], ["ephemeral", "sweep"], ["github", "comment"], ["mirror-list"]]) {
            const { stdout } = await dataPlatform(...args, "--help");
            const lines = stdout.split("\n");
            assert.deepEqual(
                lines.filter((line) => line.length > 80),
                [],
                args.join(" "),
            );
            // A line of the description that ends early has been wrapped at the source's width, too.
            const broken = lines.filter(
                (line, at) => /^[A-Z].{0,45}[a-z,]$/.test(line) && /^[a-z]/.test(lines[at + 1] ?? ""),
            );
            assert.deepEqual(broken, [], args.join(" "));
        }
    });

    it("says what brings the packages where there are none: what npm ci leaves out, make packages does", async () => {
        const dir = mkdtempSync(join(tmpdir(), "cli-"));
        cpSync(program, join(dir, "cli", "data-platform.mjs"));
        const { exitCode, stderr } = await execa(process.execPath, [join(dir, "cli", "data-platform.mjs"), "--help"], {
            reject: false,
        });
        assert.equal(exitCode, 1);
        assert.equal(stderr, `the npm packages of the project are not installed\n  fix:     make -C ${dir} packages`);
        rmSync(dir, { recursive: true });
    });

    it("tells its version, and the commit of a clone", async () => {
        const { code, stdout } = await dataPlatform("--version");
        assert.equal(code, 0);
        assert.match(stdout, /^\d+\.\d+\.\d+( \(commit [0-9a-f]{12}\))?$/);
    });

    /** Commands that are about a stack, up to its name. */
    const aboutStacks = [
        ...[["render", "--out", join(tmpdir(), "cli-out")], ["mirror-list"], ["doctor", "--offline"], ["recover"]],
        ...[["teardown", "--dry-run"], ["diff"], ["github", "login"], ["stack"]],
    ];

    it("refuses a name that no stack can have alike in every command, and at once", async () => {
        const cases: [string, RegExp][] = [
            ["../../etc/passwd", /"..\/..\/etc\/passwd" is no name of a stack/],
            ["Prod_EU.1", /can't be the name of a stack.*"prod-eu-1"/],
            ["acme/website/dev", /is a stack of the project website/],
        ];
        for (const args of aboutStacks) {
            for (const [name, said] of cases) {
                const { code, stdout, stderr } = await dataPlatform(...args, "--stack", name);
                assert.deepEqual([code, stdout], [2, ""], `${args.join(" ")} --stack ${name}: ${stderr}`);
                assert.match(stderr, said);
                assert.doesNotMatch(stderr, /^ +at |▸/m);
            }
        }
    });

    it("refuses an option that is given twice, or with its opposite, unless it is meant to be", async () => {
        const cases: [string[], RegExp][] = [
            [["recover", "--stack", "dev", "--stack", "prod"], /--stack is given twice/],
            [["render", "--out", "a", "--out=a"], /--out is given twice/],
            [["ephemeral", "extend", "7", "--keep", "--no-keep"], /--keep and --no-keep say the opposite/],
            [["diff", "--base", "a", "--base", "b"], /--base is given twice/],
        ];
        for (const [args, said] of cases) {
            const { code, stderr } = await dataPlatform(...args);
            assert.equal(code, 2, stderr);
            assert.match(stderr, said);
        }
        const fine = ["--environment", "dev", "--environment", "prod", "--json", "--json"];
        assert.match((await dataPlatform("github", "protection", ...fine)).stderr, /GITHUB_TOKEN is not set/);
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
