import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Command } from "commander";

import { run } from "../../lib/exec";
import { repoRoot } from "../../lib/paths";
import { tool } from "../../tools";
import { concurrencyProblems, type Known, parseWorkflow, problems, type Workflow } from "../support/workflows";

const github = join(repoRoot, ".github");
const workflowFiles = readdirSync(join(github, "workflows")).map((name) => join(github, "workflows", name));
const actionFiles = readdirSync(join(github, "actions")).map((name) => join(github, "actions", name, "action.yml"));
const read = (file: string) => parseWorkflow(readFileSync(file, "utf8"));
const workflow = (name: string) => read(join(github, "workflows", `${name}.yml`));

/** Every command of data-platform, as it declares itself. */
function commands(): Map<string, Command> {
    const all = new Map<string, Command>();
    const dir = join(repoRoot, "cli", "commands");
    for (const file of readdirSync(dir)) {
        // eslint-disable-next-line @typescript-eslint/no-require-imports -- what there is, is found out here
        const exported = require(join(dir, file)) as Record<string, unknown>;
        for (const [name, make] of Object.entries(exported)) {
            if (!name.endsWith("Command") || typeof make !== "function") continue;
            const command = (make as () => Command)();
            all.set(command.name(), command);
            for (const part of command.commands) all.set(`${command.name()} ${part.name()}`, part);
        }
    }
    return all;
}

describe("workflows", function () {
    this.timeout(300_000);
    let known: Known;
    before(() => (known = { commands: commands(), makefile: readFileSync(join(repoRoot, "Makefile"), "utf8") }));

    describe("actionlint", () => {
        /** With neither shellcheck nor pyflakes, which a machine may have or not: there are no scripts. */
        const lint = async (dir: string, ...files: string[]) =>
            run(await tool("actionlint"), ["-no-color", "-oneline", "-shellcheck=", "-pyflakes=", ...files], {
                cwd: dir,
                okCodes: [0, 1],
            });

        it("finds nothing", async () => {
            const { code, stdout } = await lint(repoRoot);
            assert.deepEqual([code, stdout], [0, ""]);
        });

        it("would find something", async () => {
            const dir = mkdtempSync(join(tmpdir(), "workflows-"));
            mkdirSync(join(dir, ".github", "workflows"), { recursive: true });
            const file = join(dir, ".github", "workflows", "bad.yml");
            const text = readFileSync(join(github, "workflows", "sweep.yml"), "utf8");
            // `uses` of our own actions can't be looked up from there.
            const alone = text.replace(/^ +- uses: \.\/.*\n( +with:\n( {10}.*\n)+)?/gm, "");
            writeFileSync(file, alone);
            assert.deepEqual((await lint(dir, file)).stdout, "");
            writeFileSync(file, alone.replace("steps.sweep.outcome == 'success'", "steps.swept.outcome == 'success'"));
            const { code, stdout } = await lint(dir, file);
            assert.equal(code, 1);
            assert.match(stdout, /property "swept" is not defined/);
            rmSync(dir, { recursive: true });
        });
    });

    describe("call known commands of the project only, with others' actions pinned and no permission too many", () => {
        for (const file of [...workflowFiles, ...actionFiles]) {
            it(file.slice(github.length + 1), () => assert.deepEqual(problems(read(file), known), []));
        }

        it("which the rules would find out otherwise", () => {
            const step = (run: string) =>
                `on: push\npermissions: {}\njobs: { a: { permissions: {}, steps: [{ run: ${run} }] } }`;
            const cases: [string, RegExp][] = [
                [step(`"echo \${{ github.event.pull_request.title }}"`), /an expression in a script/],
                [step(`"make lint && make test"`), /more than one command/],
                [step(`"make lint; make test"`), /more than one command/],
                [step(`"make $(cat x)"`), /a shell's work/],
                [step(`"npx data-platform diff > x"`), /a shell's work/],
                [step(`"|\\n make lint\\n make test\\n"`), /a shell's work/],
                [step("curl example.com"), /curl is no program of the project/],
                [step("make lintt"), /make has no lintt/],
                [step("make lint STAK=dev"), /make knows no STAK/],
                [step("npx data-platform githb comment"), /has no githb comment/],
                [step("npx data-platform github coment"), /has no github coment/],
                [step("npx data-platform github comment --makrer x"), /has no --makrer/],
                [step("npx data-platform github summary --title x -- npx data-platform doktor"), /has no doktor/],
                ["jobs: { a: { permissions: {}, steps: [{ uses: actions/cache@v4 }] } }", /not pinned to a commit/],
                ["jobs: { a: { steps: [] } }", /the job a doesn't say its permissions/],
                ["permissions: write-all", /the workflow itself has permissions/],
                [step("npx data-platform doctor"), /may fetch a program of the same name/],
                ["on: pull_request_target", /strangers' code/],
                [
                    `jobs: { a: { permissions: {}, steps: [{ uses: actions/checkout@${"a".repeat(40)} }] } }`,
                    /leaves its token/,
                ],
            ];
            for (const [text, expected] of cases) {
                assert.match(problems(parseWorkflow(text), known).join("\n"), expected, text);
            }
        });

        it("one version of each", () => {
            const versions = new Map<string, Set<string>>();
            for (const file of [...workflowFiles, ...actionFiles]) {
                for (const [, name, at] of readFileSync(file, "utf8").matchAll(/uses: ([\w.-]+\/[\w./-]+)@(.+)$/gm)) {
                    assert.match(at, /^[0-9a-f]{40} # v\d+\.\d+\.\d+$/, `${name} in ${file}`);
                    versions.set(name, (versions.get(name) ?? new Set()).add(at));
                }
            }
            assert.ok(versions.size > 5);
            for (const [name, all] of versions) assert.equal(all.size, 1, name);
        });
    });

    describe("what changes a stack is never ended in the middle", () => {
        const cases: [string, RegExp][] = [
            ["deploy-stack", /^stack-\$\{\{ inputs\.stack \}\}$/],
            ["ephemeral", /^ephemeral-\$\{\{ github\.event\.pull_request\.number \}\}$/],
            ["sweep", /^sweep$/],
            ["images", /^images$/],
        ];
        for (const [name, group] of cases) {
            it(name, () => {
                assert.deepEqual(concurrencyProblems(workflow(name), group), []);
                const text = readFileSync(join(github, "workflows", `${name}.yml`), "utf8");
                const bad = parseWorkflow(text.replaceAll("cancel-in-progress: false", "cancel-in-progress: true"));
                assert.match(concurrencyProblems(bad, group).join("\n"), /may be cancelled in the middle/);
                const none = parseWorkflow(text.replace(/^ *concurrency:\n.*\n.*cancel.*\n/m, ""));
                assert.match(concurrencyProblems(none, group).join("\n"), /no concurrency group/);
            });
        }

        it("ephemeral: an event about something else pushes none out that waits", () => {
            // The group is the job's, which is asked for only when its `if` holds.
            assert.equal(workflow("ephemeral").concurrency, undefined);
        });
    });

    describe("strangers", () => {
        const jobs = (name: string) => Object.entries(workflow(name).jobs ?? {});
        const secretsOf = (value: unknown) => /secrets\.|"inherit"/.test(JSON.stringify(value));

        it("get no secret: whatever has one runs for branches of this repository only", () => {
            for (const name of ["pull-request", "ephemeral"]) {
                for (const [job, its] of jobs(name)) {
                    const writes = Object.values(its.permissions ?? {}).includes("write");
                    if (!secretsOf(its) && !writes) continue;
                    assert.match(
                        String(its.if),
                        /github\.event\.pull_request\.head\.repo\.full_name == github\.repository/,
                        `${name} ${job}`,
                    );
                    assert.match(String(its.if), /github\.actor != 'dependabot\[bot\]'/, `${name} ${job}`);
                }
            }
            // Lint, tests, checks and the rendered diff are for everybody.
            const open = jobs("pull-request").filter(([, its]) => !/head\.repo/.test(String(its.if)));
            assert.deepEqual(
                open.map(([name]) => name),
                ["test", "check", "diff"],
            );
            for (const [name, its] of open) {
                assert.ok(!secretsOf(its), name);
                assert.deepEqual(its.permissions, { contents: "read" });
            }
        });

        it("have their comment posted by code of the default branch, without a secret", () => {
            const comment = workflow("comment");
            assert.deepEqual(Object.keys(comment.on ?? {}), ["workflow_run"]);
            const [[, job]] = Object.entries(comment.jobs ?? {});
            assert.ok(!secretsOf(job));
            assert.deepEqual(job.permissions, { actions: "read", contents: "read", "pull-requests": "write" });
            const checkouts = (job.steps ?? []).filter(({ uses }) => uses?.startsWith("actions/checkout@"));
            assert.deepEqual(
                checkouts.map((step) => step.with?.ref),
                ["${{ github.event.repository.default_branch }}"],
            );
            const posts = (job.steps ?? []).filter(({ run }) => run?.includes("github comment"));
            assert.ok(posts.length === 1 && /--artifact/.test(posts[0].run ?? ""), "the artifact is a stranger's");
            const named = (comment.on as { workflow_run: { workflows: string[] } }).workflow_run.workflows;
            for (const each of named) assert.ok(existsSync(join(github, "workflows", `${each}.yml`)), each);
        });
    });

    it("every variable, secret and environment that they use is in docs/continuous-deployment.md, and no other", () => {
        const page = readFileSync(join(repoRoot, "docs", "continuous-deployment.md"), "utf8");
        const named = [...page.matchAll(/^\| (`[^|]+?`) +\| (?:variable|secrets?) /gm)].flatMap(([, names]) =>
            [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
        );
        const texts = workflowFiles.map((file) => readFileSync(file, "utf8")).join("\n");
        const used = [...texts.matchAll(/\b(?:vars|secrets)\.([A-Z_]+)/g)].map(([, name]) => name);
        assert.ok(used.length > 10);
        assert.deepEqual([...new Set(named)].sort(), [...new Set(used)].sort());
        assert.ok(page.includes("`images`") && page.includes("`ephemeral`"));
        for (const stack of ["dev", "staging", "prod"])
            for (const name of [stack, `${stack}-preview`]) assert.ok(page.includes(`\`${name}\``), name);
    });

    it("an update has its plan, the doctor and the policy pack before it, and in this order dev, staging, prod", () => {
        const deploy = workflow("deploy");
        assert.deepEqual(
            Object.entries(deploy.jobs ?? {}).map(([name, { needs, uses }]) => [name, needs, uses]),
            [
                ["commit", undefined, undefined],
                ["protection", undefined, undefined],
                ["dev", ["commit", "protection"], "./.github/workflows/deploy-stack.yml"],
                ["staging", ["commit", "protection", "dev"], "./.github/workflows/deploy-stack.yml"],
                ["prod", ["commit", "protection", "staging"], "./.github/workflows/deploy-stack.yml"],
            ],
        );
        const { plan, update } = (workflow("deploy-stack") as Required<Workflow>).jobs;
        assert.deepEqual([plan.uses, update.needs], ["./.github/workflows/preview.yml", ["images", "plan"]]);
        assert.match(String(update.if), /needs\.plan\.result == 'success'/);
        const runs = (update.steps ?? []).flatMap(({ run }) => run ?? []);
        const place = (part: RegExp) => runs.findIndex((each) => part.test(each));
        assert.ok(place(/doctor/) >= 0 && place(/doctor/) < place(/make deploy YES=1/), runs.join("\n"));
        assert.ok(place(/recover --dry-run/) > place(/make deploy/));
        for (const target of ["plan", "deploy"]) {
            assert.match(known.makefile, new RegExp(`^${target}:.*\\n\\t@.*pulumi .*--policy-pack policy`, "m"));
        }
    });
});
