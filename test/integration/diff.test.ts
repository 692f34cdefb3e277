import assert from "node:assert/strict";
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    realpathSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { execa } from "execa";

import { reportOf, ReportOptions } from "../../operations/diff";
import { markdownOf } from "../../render/diff/markdown";
import { Report } from "../../render/diff/report";
import { repoRoot } from "../../lib/paths";
import { UserError } from "../../lib/errors";

/** A render that is quick: a ConfigMap with the stack file's text, the program's own version and what it finds around it. */
const program = (version: string, more = "") => `
import { mkdirSync, readFileSync, writeFileSync, existsSync } from "node:fs";
const args = process.argv.slice(2);
const of = (name) => args[args.indexOf(name) + 1];
const text = readFileSync(\`Pulumi.\${of("--stack")}.yaml\`, "utf8");
${more}
if (text.includes("broken")) {
    process.stdout.write(JSON.stringify({ error: { message: "replicas must be a number", where: process.cwd() + "/Pulumi.yaml, password=hunter2hunter2" } }));
    process.exit(1);
}
mkdirSync(of("--out"), { recursive: true });
const data = { text, version: "${version}", environment: Object.keys(process.env).sort().join(" "), modules: String(existsSync("node_modules/ours")) };
const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c", namespace: of("--stack") + "-demo" }, data };
writeFileSync(of("--out") + "/c.yaml", JSON.stringify(object));
process.stdout.write("{}");
`;

/** A repository with that program in it. */
class Repository {
    readonly directory = realpathSync(mkdtempSync(join(tmpdir(), "diff-test-")));

    static async make(files: Record<string, string>): Promise<Repository> {
        const repository = new Repository();
        await repository.git("init", "--quiet", "--initial-branch=main");
        await repository.commit({
            "cli/data-platform.mjs": program("1"),
            "package-lock.json": "{}",
            ".gitignore": "node_modules\n",
            ...files,
        });
        mkdirSync(join(repository.directory, "node_modules", "ours"), { recursive: true });
        return repository;
    }

    async commit(files: Record<string, string | undefined>): Promise<void> {
        this.write(files);
        await this.git("add", "--all");
        await this.git(
            "-c",
            "user.name=test",
            "-c",
            "user.email=test@example.com",
            "commit",
            "--quiet",
            "--allow-empty",
            "-m",
            "A change",
        );
    }

    write(files: Record<string, string | undefined>): void {
        for (const [file, text] of Object.entries(files)) {
            const path = join(this.directory, file);
            mkdirSync(dirname(path), { recursive: true });
            if (text === undefined) rmSync(path);
            else writeFileSync(path, text);
        }
    }

    async git(...args: string[]): Promise<string> {
        return (await execa("git", args, { cwd: this.directory })).stdout;
    }

    async report(options: ReportOptions = {}): Promise<Report> {
        return reportOf({ project: this.directory, ...options });
    }

    /** Remains of the base's checkout. */
    async left(): Promise<string[]> {
        const worktrees = (await this.git("worktree", "list")).split("\n").slice(1);
        return [
            ...worktrees,
            ...readdirSync(tmpdir()).filter((name) => /^data-platform-(base|diff)-/.test(name) && !others.has(name)),
        ];
    }
}

/** Files of others on this machine. */
const others = new Set(readdirSync(tmpdir()));

const failing = (pattern: RegExp, fix: RegExp) => (error: unknown) => {
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.message, pattern);
    assert.match(error.details.fix ?? "", fix);
    return true;
};

describe("data-platform diff", function () {
    this.timeout(120_000);
    const made: Repository[] = [];
    const repository = async (files: Record<string, string>) => {
        const one = await Repository.make(files);
        made.push(one);
        return one;
    };
    after(() => made.forEach(({ directory }) => rmSync(directory, { recursive: true })));

    it("renders each side by its own program, what is not committed included, and leaves nothing", async () => {
        const project = await repository({
            "Pulumi.dev.yaml": "config: { a: 1 }\n",
            "Pulumi.prod.yaml": "config: {}\n",
        });
        await project.git("checkout", "--quiet", "-b", "change");
        await project.commit({ "cli/data-platform.mjs": program("2") });
        const base = await project.git("rev-parse", "main");
        // What comes to main later has no part in it.
        await project.git("checkout", "--quiet", "main");
        await project.commit({ "cli/data-platform.mjs": program("3") });
        await project.git("checkout", "--quiet", "change");
        project.write({ "Pulumi.dev.yaml": "config: { a: 2 }\n" });
        const report = await project.report();
        assert.deepEqual(
            [report.base, report.head, report.uncommitted],
            [base, await project.git("rev-parse", "HEAD"), true],
        );
        const fields = Object.fromEntries(
            report.environments.map(({ stack, diff }) => [stack, diff?.components[0].objects[0].fields]),
        );
        const version = { path: "data.version", before: "1", after: "2" };
        assert.deepEqual(fields.prod, [version]);
        assert.deepEqual(fields.dev, [
            { path: "data.text", before: "config: { a: 1 }\n", after: "config: { a: 2 }\n" },
            version,
        ]);
        assert.deepEqual(await project.left(), []);
        assert.ok(existsSync(join(project.directory, "node_modules", "ours")), "our packages are still there");
    });

    it("tells what comes and what goes, and which encrypted settings are others", async () => {
        const secret = (text: string) =>
            `config:\n  data-platform:database: { password: { secure: ${text} }, size: 1 }\n`;
        const project = await repository({ "Pulumi.dev.yaml": secret("v1:abc"), "Pulumi.old.yaml": "config: {}\n" });
        await project.git("checkout", "--quiet", "-b", "change");
        await project.commit({
            "Pulumi.old.yaml": undefined,
            "Pulumi.new.yaml": "config: {}\n",
            "Pulumi.dev.yaml": secret("v1:def"),
        });
        project.write({ "Pulumi.mine.yaml": "config: {}\n" });
        const { environments } = await project.report();
        assert.deepEqual(
            environments.map(({ stack, state, secretSettings }) => [stack, state, secretSettings]),
            [
                ["dev", "compared", ["data-platform:database.password"]],
                ["new", "new", []],
                ["old", "gone", []],
            ],
        );
        const [one] = (await project.report({ stacks: ["mine"] })).environments;
        assert.equal(one.state, "new", "one that isn't committed is compared when it is asked for");
        await assert.rejects(project.report({ stacks: ["nowhere"] }), /no stack file Pulumi.nowhere.yaml/);
    });

    it("says why a side can't be rendered, without where that was or what it knew", async () => {
        const project = await repository({ "Pulumi.dev.yaml": "config: {}\n", "Pulumi.prod.yaml": "broken\n" });
        await project.git("checkout", "--quiet", "-b", "change");
        await project.commit({ "Pulumi.dev.yaml": "broken\n" });
        const report = await project.report();
        assert.deepEqual(
            report.environments.map(({ stack, state, failures }) => [stack, state, failures.map(({ side }) => side)]),
            [
                ["dev", "failed", ["head"]],
                ["prod", "failed", ["base", "head"]],
            ],
        );
        const reason = "replicas must be a number\n  where:   Pulumi.yaml, password=(masked)";
        assert.deepEqual(
            new Set(report.environments.flatMap(({ failures }) => failures.map((each) => each.reason))),
            new Set([reason]),
        );
        assert.doesNotMatch(markdownOf(report), /No rendered changes|don't change/);
        assert.deepEqual(await project.left(), []);
    });

    it("makes the same comment without a single secret as with all of them, and hands on none", async () => {
        const project = await repository({ "Pulumi.dev.yaml": "config: { a: 1 }\n" });
        await project.git("checkout", "--quiet", "-b", "change");
        // Of a new stack all is shown, the names of what was around its render among it.
        await project.commit({ "Pulumi.dev.yaml": "config: { a: 2 }\n", "Pulumi.new.yaml": "config: {}\n" });
        const secrets = {
            PULUMI_CONFIG_PASSPHRASE: "sentinel-1",
            PULUMI_ACCESS_TOKEN: "sentinel-2",
            PULUMI_BACKEND_URL: "s3://sentinel-3",
            KUBECONFIG: "/sentinel-4",
            GITHUB_TOKEN: "sentinel-5",
            AWS_SECRET_ACCESS_KEY: "sentinel-6",
            NPM_TOKEN: "sentinel-7",
            ACTIONS_ID_TOKEN_REQUEST_URL: "sentinel-8",
            DB_PASSWORD: "sentinel-9",
            DATA_PLATFORM_STACK: "nowhere",
        };
        const before = { ...process.env };
        const made: string[] = [];
        try {
            for (const [name, value] of Object.entries(secrets)) process.env[name] = value;
            const report = await project.report();
            made.push(JSON.stringify(report), markdownOf(report));
            for (const name of Object.keys(secrets)) delete process.env[name];
            const fork = await project.report();
            made.push(JSON.stringify(fork), markdownOf(fork));
        } finally {
            process.env = before;
        }
        assert.deepEqual(made.slice(0, 2), made.slice(2));
        assert.match(made[0], /"environment":"[^"]*\bPATH\b/);
        assert.doesNotMatch(made.join("\n"), /sentinel|nowhere/);
        for (const name of Object.keys(secrets)) assert.ok(!made[0].includes(name), name);
        assert.match(made[1], /config: \{ a: 2 \}/);
    });

    it("compares a pull request as GitHub has merged it, whatever base the event names", async () => {
        const project = await repository({ "Pulumi.dev.yaml": "config: { a: 1 }\n" });
        const stale = await project.git("rev-parse", "main");
        await project.git("checkout", "--quiet", "-b", "change");
        await project.commit({ "Pulumi.dev.yaml": "config: { a: 2 }\n" });
        const head = await project.git("rev-parse", "HEAD");
        await project.git("checkout", "--quiet", "main");
        await project.commit({ "cli/data-platform.mjs": program("2") });
        const base = await project.git("rev-parse", "HEAD");
        await project.git(
            "-c",
            "user.name=test",
            "-c",
            "user.email=test@example.com",
            "merge",
            "--quiet",
            "--no-ff",
            "-m",
            "Merge",
            "change",
        );
        const before = { ...process.env };
        process.env.GITHUB_REF = "refs/pull/7/merge";
        process.env.GITHUB_SHA = await project.git("rev-parse", "HEAD");
        const report = await project.report({ base: stale }).finally(() => (process.env = before));
        assert.deepEqual([report.base, report.head], [base, head]);
        assert.deepEqual(
            report.environments[0].diff?.components[0].objects[0].fields.map(({ path }) => path),
            ["data.text"],
        );
    });

    it("says what to do when there is nothing to compare with", async () => {
        const project = await repository({ "Pulumi.dev.yaml": "config: {}\n" });
        await assert.rejects(
            project.report({ base: "nowhere" }),
            failing(/has no nowhere to compare with/, /fetch-depth: 0/),
        );
        await assert.rejects(project.report({ base: "--help" }), failing(/has no --help to compare with/, /git fetch/));
        const empty = mkdtempSync(join(tmpdir(), "diff-test-"));
        await assert.rejects(reportOf({ project: empty }), failing(/not in a git repository/, /clone/));
        rmSync(empty, { recursive: true });
        const path = process.env.PATH;
        process.env.PATH = "/nowhere";
        await assert
            .rejects(project.report(), failing(/git is not there/, /install git/))
            .finally(() => (process.env.PATH = path));
        // A clone that has no more than the last commit of each branch.
        await project.commit({});
        await project.git("branch", "--quiet", "change");
        await project.commit({});
        const shallow = new Repository();
        made.push(shallow);
        await execa("git", [
            "clone",
            "--quiet",
            "--depth=1",
            "--no-single-branch",
            `file://${project.directory}`,
            shallow.directory,
        ]);
        await assert.rejects(shallow.report({ base: "origin/change" }), failing(/clone is shallow/, /fetch-depth: 0/));
        // From before there was a render.
        const old = await repository({ "Pulumi.dev.yaml": "config: {}\n", "cli/data-platform.mjs": "" });
        await old.commit({ "cli/data-platform.mjs": undefined });
        await old.commit({ "cli/data-platform.mjs": program("2") });
        await assert.rejects(old.report({ base: "HEAD~1" }), failing(/no `data-platform render`/, /--base/));
        assert.deepEqual(await old.left(), []);
    });

    it("leaves nothing when it is stopped in the middle", async () => {
        const project = await repository({
            "Pulumi.dev.yaml": "config: {}\n",
            "cli/data-platform.mjs": program("1", "await new Promise((end) => setTimeout(end, 60_000));"),
        });
        const controller = new AbortController();
        setTimeout(() => controller.abort(), 1_500);
        await assert.rejects(project.report({ signal: controller.signal }));
        assert.deepEqual(await project.left(), []);
    });
});

describe("data-platform diff of this project", function () {
    this.timeout(600_000);

    it("is the same comment in a fork's run, which has no secret", async () => {
        const scratch = realpathSync(mkdtempSync(join(tmpdir(), "diff-test-")));
        const clone = join(scratch, "clone");
        const git = (...args: string[]) =>
            execa("git", ["-c", "user.name=test", "-c", "user.email=test@example.com", ...args], { cwd: clone });
        try {
            await execa("git", ["clone", "--quiet", "--local", repoRoot, clone]);
            symlinkSync(join(repoRoot, "node_modules"), join(clone, "node_modules"));
            const file = join(clone, "Pulumi.dev.yaml");
            writeFileSync(
                file,
                `${readFileSync(file, "utf8").trimEnd()}\n  data-platform:tracking: { maxReplicas: 3 }\n`,
            );
            await git("commit", "--quiet", "--all", "-m", "More servers of MLflow");
            const comments: string[] = [];
            const { PATH, HOME, DATA_PLATFORM_CACHE, XDG_CACHE_HOME } = process.env;
            const bare = { PATH, HOME, DATA_PLATFORM_CACHE, XDG_CACHE_HOME };
            const secrets = {
                PULUMI_CONFIG_PASSPHRASE: "sentinel",
                PULUMI_BACKEND_URL: "file:///nowhere",
                KUBECONFIG: "/nowhere",
                GITHUB_TOKEN: "sentinel",
            };
            for (const env of [bare, { ...bare, ...secrets }]) {
                const options = [
                    "--stack",
                    "dev",
                    "--base",
                    "HEAD~1",
                    "--charts",
                    "directories",
                    "--format",
                    "markdown",
                ];
                const { stdout } = await execa(
                    process.execPath,
                    [join(clone, "cli", "data-platform.mjs"), "diff", ...options],
                    { cwd: clone, env, extendEnv: false },
                );
                comments.push(stdout);
            }
            assert.equal(comments[0], comments[1]);
            assert.match(comments[0], /\*\*[1-9]\d* added, [1-9]\d* changed, 0 removed\*\* in 1 of 1 environment/);
            assert.match(comments[0], /^\+ {3}maxReplicas: 3$/m);
            assert.doesNotMatch(comments[0], /sentinel|nowhere/);
        } finally {
            rmSync(scratch, { recursive: true });
        }
    });
});
