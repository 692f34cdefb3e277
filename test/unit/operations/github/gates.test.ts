import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execa } from "execa";

import { GitHubError } from "../../../../operations/github/failures";
import { mergedCommit } from "../../../../operations/github/commit";
import { propose } from "../../../../operations/github/propose";
import { release } from "../../../../operations/github/releases";
import { unprotected } from "../../../../operations/github/protection";
import { repoRoot } from "../../../../lib/paths";
import { GitHubServer } from "../../../support/github-server";

const [newest, older, stray] = ["a", "b", "c"].map((character) => character.repeat(40));

describe("what stands before a deployment", function () {
    this.timeout(60_000);
    let server: GitHubServer;
    let dir: string;
    beforeEach(async () => {
        server = await GitHubServer.serve();
        dir = mkdtempSync(join(tmpdir(), "gates-"));
    });
    afterEach(async () => {
        rmSync(dir, { recursive: true });
        await server.close();
    });
    const cli = (args: string[], env: Record<string, string> = {}) =>
        execa(process.execPath, [join(repoRoot, "cli", "data-platform.mjs"), "github", ...args], {
            cwd: dir,
            reject: false,
            env: { ...server.environment, ...env },
        });

    describe("protection of environments", () => {
        const problems = (environment: string, reviewers = false) =>
            unprotected(server.hub(), [{ environment, reviewers }]);

        it("one that only the default branch may use is fine, and with reviewers for what wants them", async () => {
            server.environments = { dev: { branches: ["main"] }, prod: { branches: ["main"], reviewers: ["ann"] } };
            assert.deepEqual(await problems("dev"), []);
            assert.deepEqual(await problems("prod", true), []);
            assert.deepEqual(await problems("dev", true), ["dev: nobody has to approve its jobs (required reviewers)"]);
        });

        it("one that isn't there would be made by the job that names it, open to everybody", async () => {
            assert.match((await problems("prod")).join(), /prod: there is no such environment/);
        });

        it("every way in for another branch is told", async () => {
            server.environments = {
                open: { reviewers: ["ann"] },
                loose: { branches: "protected" },
                more: { branches: ["main", "release/*", "tag:v*"] },
                tag: { branches: ["tag:main"] },
                closed: { branches: [] },
            };
            assert.match((await problems("open", true)).join(), /^open: every branch may use it/);
            assert.match((await problems("loose")).join(), /^loose: every protected branch may use it/);
            assert.match((await problems("more")).join(), /^more: may be used by branch release\/\*, tag v\* as well/);
            assert.match((await problems("tag")).join(), /^tag: may be used by tag main as well/);
            assert.match((await problems("closed")).join(), /^closed: no branch may use it/);
        });

        it("is read to the last page", async () => {
            const many = Array.from({ length: 120 }, () => "main");
            server.environments = { dev: { branches: [...many, "x"] } };
            assert.match((await problems("dev")).join(), /may be used by branch x as well/);
        });

        it("no answer is not a good one", async () => {
            server.environments = { dev: { branches: ["main"] } };
            server.next = [undefined, [403, { message: "Resource not accessible by integration" }]];
            await assert.rejects(problems("dev"), GitHubError);
        });

        it("as the command: all that is wrong at once, and secrets outside of environments", async () => {
            server.environments = { images: { branches: ["main"] }, prod: { branches: ["main"], reviewers: ["ann"] } };
            const args = ["protection", "--environment", "images", "--reviewed", "prod"];
            const fine = await cli(args, { DATA_PLATFORM_OPEN_SECRETS: "  \n " });
            assert.deepEqual([fine.exitCode, fine.stdout], [0, "images, prod: only the default branch may use them"]);
            delete server.environments.prod;
            const bad = await cli(args, { DATA_PLATFORM_OPEN_SECRETS: " KUBECONFIG  " });
            assert.equal(bad.exitCode, 1);
            assert.match(
                bad.stderr,
                /the secret KUBECONFIG is the repository's[\s\S]*prod: there is no such environment/,
            );
            assert.match(bad.stderr, /where: {3}https:\/\/github\.com\/acme\/platform\/settings\/environments/);
            assert.equal((await cli(["protection"])).exitCode, 2);
        });
    });

    describe("the commit", () => {
        beforeEach(() => {
            server.main = [newest, older];
            server.refs = { main: newest, "v1.0.0": older, feature: stray, [stray]: stray };
        });

        it("is one of the default branch, by branch, tag or hash", async () => {
            assert.equal(await mergedCommit(server.hub(), "main"), newest);
            assert.equal(await mergedCommit(server.hub(), "v1.0.0"), older);
            assert.equal(await mergedCommit(server.hub(), older), older);
        });

        it("that isn't merged is refused, by whatever name; and so is what is no name", async () => {
            for (const ref of ["feature", stray]) {
                await assert.rejects(mergedCommit(server.hub(), ref), /is not on main, so it isn't deployed/);
            }
            await assert.rejects(mergedCommit(server.hub(), "nowhere"), /there is no nowhere/);
            const asked = server.asked.length;
            for (const ref of ["", "-x", "a..b", "a b", "fork:main", "main\ncommit=x", "../x"]) {
                await assert.rejects(mergedCommit(server.hub(), ref), /is no commit, tag or branch/);
            }
            assert.equal(server.asked.length, asked);
        });

        it("is compared by its hash, not by a name that could be moved in between", async () => {
            await mergedCommit(server.hub(), "v1.0.0");
            assert.ok(
                server.asked.some((line) => line.endsWith(`/compare/main...${older}`)),
                server.asked.join("\n"),
            );
        });

        it("goes into the step's output; without it there is none", async () => {
            const GITHUB_OUTPUT = join(dir, "output");
            writeFileSync(GITHUB_OUTPUT, "");
            const fine = await cli(["commit"], { GITHUB_OUTPUT, DATA_PLATFORM_REF: "v1.0.0" });
            assert.deepEqual([fine.exitCode, readFileSync(GITHUB_OUTPUT, "utf8")], [0, `commit=${older}\n`]);
            const bad = await cli(["commit"], { GITHUB_OUTPUT, DATA_PLATFORM_REF: "feature" });
            assert.deepEqual([bad.exitCode, readFileSync(GITHUB_OUTPUT, "utf8")], [1, `commit=${older}\n`]);
        });
    });

    describe("a release", () => {
        const files = () => {
            writeFileSync(join(dir, "images.md"), "# Images\n");
            return { tag: "v1.0.0", assets: [join(dir, "images.md")], body: "# Images\n" };
        };
        const page = (assets: object[]) => ({
            id: 7,
            html_url: "https://github.com/x",
            upload_url: `${server.settings.apiUrl}/repos/acme/platform/releases/7/assets{?name,label}`,
            assets,
        });

        it("is made for a tag that has none, with the files beside it", async () => {
            server.next = [
                [404, { message: "Not Found" }],
                [201, page([])],
                [201, {}],
            ];
            assert.equal((await release(server.hub(), files())).what, "created");
            assert.deepEqual(server.asked, [
                "GET /repos/acme/platform/releases/tags/v1.0.0",
                "POST /repos/acme/platform/releases",
                "POST /repos/acme/platform/releases/7/assets",
            ]);
        });

        it("that is there keeps its words, and a file of the same name is replaced", async () => {
            server.next = [
                [200, page([{ id: 9, name: "images.md" }])],
                [204, undefined],
                [201, {}],
            ];
            assert.equal((await release(server.hub(), files())).what, "edited");
            assert.equal(server.asked[1], "DELETE /repos/acme/platform/releases/assets/9");
        });
    });

    describe("a proposal", () => {
        const git = (...args: string[]) =>
            execa("git", ["-c", "user.name=x", "-c", "user.email=x@y", ...args], { cwd: dir });
        const what = { branch: "images-lock", title: "Digests", body: "Look." };
        beforeEach(async () => {
            await git("init", "--quiet");
            for (const name of ["one", "gone"]) writeFileSync(join(dir, name), "before\n");
            await git("add", ".");
            await git("commit", "--quiet", "--message", "x");
        });

        it("has what is changed, new and gone in the checkout, on a branch and in one pull request", async () => {
            writeFileSync(join(dir, "one"), "after\n");
            writeFileSync(join(dir, "new"), "new\n");
            rmSync(join(dir, "gone"));
            const { stdout: base } = await git("rev-parse", "HEAD");
            const made = await propose(server.hub(), dir, what);
            assert.deepEqual([made.what, made.files], ["created", ["gone", "new", "one"]]);
            const sent = Object.fromEntries(server.written.map(({ kind, sent }) => [kind, sent]));
            const entry = { mode: "100644", type: "blob" };
            assert.deepEqual(sent["POST git/trees"], {
                base_tree: "old-tree",
                tree: [
                    { path: "gone", ...entry, sha: null },
                    { path: "new", ...entry, content: "new\n" },
                    { path: "one", ...entry, content: "after\n" },
                ],
            });
            assert.deepEqual(sent["POST git/commits"].parents, [base]);
            assert.deepEqual(sent["POST git/refs"], { ref: "refs/heads/images-lock", sha: "new-commits" });
            assert.deepEqual(sent["POST pulls"], {
                head: "images-lock",
                base: "main",
                title: "Digests",
                body: "Look.",
            });
        });

        it("is edited while it is open, and its branch begins anew", async () => {
            writeFileSync(join(dir, "one"), "after\n");
            server.refs["images-lock"] = stray;
            server.pulls = [{ number: 9, sha: stray, state: "open", labels: [], from: "acme/platform" }];
            assert.equal((await propose(server.hub(), dir, what)).what, "edited");
            const kinds = server.written.map(({ kind }) => kind);
            assert.ok(
                kinds.includes("PATCH git/refs/heads/images-lock") && kinds.includes("PATCH pulls/9"),
                kinds.join(),
            );
        });

        it("of nothing is none", async () => {
            assert.deepEqual(await propose(server.hub(), dir, what), { what: "nothing", files: [] });
            assert.deepEqual(server.asked, []);
        });
    });
});
