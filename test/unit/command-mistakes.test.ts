import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join } from "node:path";

import { execa } from "execa";

import { Limit } from "../../lib/limit";
import { repoRoot } from "../../lib/paths";

/** Every command that does something, with the arguments without which it would end before it comes to the mistake. */
const commands: Record<string, { args: string[]; stack?: true }> = {
    render: { args: ["render", "--out", "out"], stack: true },
    diff: { args: ["diff"], stack: true },
    "mirror-list": { args: ["mirror-list"], stack: true },
    doctor: { args: ["doctor", "--offline"], stack: true },
    recover: { args: ["recover"], stack: true },
    teardown: { args: ["teardown"], stack: true },
    stack: { args: ["stack"], stack: true },
    "ephemeral create": { args: ["ephemeral", "create"] },
    "ephemeral list": { args: ["ephemeral", "list"] },
    "ephemeral extend": { args: ["ephemeral", "extend"] },
    "ephemeral destroy": { args: ["ephemeral", "destroy"] },
    "ephemeral sweep": { args: ["ephemeral", "sweep"] },
    "github comment": { args: ["github", "comment", "--marker", "m"] },
    "github issue": { args: ["github", "issue", "--marker", "m"] },
    "new workload": { args: ["new", "workload", "--kind", "task"] },
    scan: { args: ["scan", "--no-images"] },
};

/** Exit codes of those to which a bad stack file is no reason to end (docs/commands.md): all others end with 2. */
const codes: Record<string, number> = { doctor: 3, diff: 1 };

/** Stack files that can't be read, by the stack's name, and what is said of each. */
const broken: Record<string, [text: string, said: RegExp]> = {
    tabs: ["config:\n\tdata-platform:profile: dev\n", /line 2/],
    two: ["config: {}\n---\nconfig: {}\n", /line 2, column 1: a second document begins/],
    alias: [
        "config: &a\n  data-platform:profile: dev\n  data-platform:x: *a\n",
        /line 3, column 20: \*a refers to what it stands in/,
    ],
};

describe("a mistake on the command line or in a stack file, in every command", function () {
    this.timeout(300_000);
    let dir: string;
    let bare: Record<string, string>;
    const limit = new Limit(availableParallelism());

    before(async () => {
        dir = mkdtempSync(join(tmpdir(), "mistakes-"));
        // A machine with Node and nothing else: no CLI, no kubeconfig, no home that has been used.
        mkdirSync(join(dir, "bin"));
        mkdirSync(join(dir, "home"));
        mkdirSync(join(dir, "work"));
        symlinkSync(process.execPath, join(dir, "bin", "node"));
        bare = {
            PATH: `${join(dir, "bin")}:/usr/bin:/bin`,
            HOME: join(dir, "home"),
            HTTPS_PROXY: "http://127.0.0.1:9",
        };
        await checkout();
        for (const [stack, [text]] of Object.entries(broken)) writeFileSync(stackFile(stack), text);
        mkdirSync(stackFile("folder"));
    });
    after(() => rmSync(dir, { recursive: true }));

    const stackFile = (stack: string) => join(dir, "checkout", `Pulumi.mistakes-${stack}.yaml`);

    /** A checkout of its own: other tests look at the stack files of this one. */
    async function checkout(): Promise<void> {
        const left = [".git", ".sandbox", ".venv", ".venv-dags", "docs", "node_modules", "test"];
        cpSync(repoRoot, join(dir, "checkout"), {
            recursive: true,
            filter: (source) => !left.includes(basename(source)),
        });
        const who = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
        for (const args of [
            ["init", "--quiet"],
            ["add", "--all"],
            [...who, "commit", "--quiet", "--message", "all"],
        ])
            await execa("git", args, { cwd: join(dir, "checkout") });
        symlinkSync(join(repoRoot, "node_modules"), join(dir, "checkout", "node_modules"));
    }

    /** Runs a command without anything but Node; it may leave nothing behind, and shows no stack trace. */
    const run = (args: string[]) =>
        limit.run(async () => {
            const { stdout, stderr, exitCode } = await execa(
                process.execPath,
                [join(dir, "checkout/cli/data-platform.mjs"), ...args],
                {
                    cwd: join(dir, "work"),
                    env: bare,
                    extendEnv: false,
                    reject: false,
                },
            );
            const said = `${args.join(" ")}: ${exitCode}\n${stdout}\n${stderr}`;
            assert.doesNotMatch(stderr, /^ +at .*[:(]\d+|\[object|undefined/m, said);
            assert.deepEqual(readdirSync(join(dir, "work")), [], said);
            return { code: exitCode, said: `${stdout}\n${stderr}`, all: said };
        });

    const each = (work: (name: string, command: { args: string[]; stack?: true }) => Promise<void>) =>
        Promise.all(Object.entries(commands).map(([name, command]) => work(name, command)));

    it("an option that there isn't, with the option and where the help is", () =>
        each(async (name, { args }) => {
            const { code, said, all } = await run([...args, "--xyz"]);
            assert.equal(code, 2, all);
            assert.match(said, new RegExp(`unknown option '--xyz'\\n\\(data-platform ${name} --help`), all);
        }));

    it("a word too many", () =>
        each(async (_, { args }) => {
            const { code, said, all } = await run([...args, "one", "word", "too-many"]);
            assert.equal(code, 2, all);
            assert.match(said, /too many arguments|nothing is done with|missing|not specified/, all);
        }));

    it("no stack", () =>
        each(async (name, { args, stack }) => {
            if (!stack || name === "diff") return;
            const { code, said, all } = await run(args);
            assert.equal(code, 2, all);
            assert.match(said, /--stack missing/, all);
        }));

    it("a stack that has no file, and no CLI: what is missing, all of it", () =>
        each(async (name, { args, stack }) => {
            if (!stack) return;
            const { code, said, all } = await run([...args, "--stack", "nope"]);
            // To doctor it is a finding; recover and teardown are about what is deployed, so they ask the CLI first.
            assert.equal(code, { ...codes, diff: 2, recover: 1, teardown: 1 }[name] ?? 2, all);
            assert.match(said, /(no|a) stack file Pulumi\.nope\.yaml/, all);
            if (name === "recover" || name === "teardown") {
                assert.match(said, /the Pulumi CLI is not at hand/, all);
                assert.match(said, /fix: +install Pulumi/, all);
            }
        }));

    for (const [file, [, message]] of Object.entries(broken)) {
        it(`a stack file that can't be read: ${file}`, () =>
            each(async (name, { args, stack }) => {
                if (!stack) return;
                const { code, said, all } = await run([...args, "--stack", `mistakes-${file}`]);
                assert.equal(code, codes[name] ?? 2, all);
                assert.match(said, message, all);
            }));
    }

    it("a stack file that is a folder", () =>
        each(async (name, { args, stack }) => {
            if (!stack) return;
            const { code, said, all } = await run([...args, "--stack", "mistakes-folder"]);
            assert.equal(code, codes[name] ?? 2, all);
            assert.match(said, /is a (folder|directory)/, all);
        }));
});
