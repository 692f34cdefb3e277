import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execa } from "execa";

import { login, readKubeconfig } from "../../../../operations/github/login";
import { marker } from "../../../../operations/github/marker";
import { appendSummary, cut, fenced, showing } from "../../../../operations/github/summary";
import { repoRoot } from "../../../../lib/paths";
import { GitHubServer } from "../../../support/github-server";

const kubeconfig = `apiVersion: v1
kind: Config
current-context: ours
clusters: [{ name: ours, cluster: { server: "https://api.example.com", certificate-authority-data: Q0E= } }]
contexts: [{ name: ours, context: { cluster: ours, user: ci } }]
users: [{ name: ci, user: { token: token-of-ci, client-key-data: S0VZ } }]
`;

describe("what the jobs of workflows do", () => {
    let dir: string;
    beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "jobs-"))));
    afterEach(() => rmSync(dir, { recursive: true }));

    describe("login", () => {
        const ready = {
            PULUMI_BACKEND_URL: "s3://user:word@state?region=x",
            PULUMI_CONFIG_PASSPHRASE: "secret-phrase",
        };
        const lines: string[] = [];
        const logIn = (env: Record<string, string>, secretsProvider?: string) =>
            login({ RUNNER_TEMP: dir, ...env }, { secretsProvider, print: (line) => lines.push(line) });
        beforeEach(() => (lines.length = 0));

        it("writes the kubeconfig for the steps after it, readable for nobody else, and has the runner hide what is in it", async () => {
            const GITHUB_ENV = join(dir, "env");
            for (const data of [kubeconfig, Buffer.from(kubeconfig).toString("base64")]) {
                writeFileSync(GITHUB_ENV, "");
                const found = await logIn({ ...ready, GITHUB_ENV, GITHUB_ACTIONS: "true", KUBECONFIG_DATA: data });
                assert.deepEqual([found.backend, found.secrets, found.context], ["s3://state", "passphrase", "ours"]);
                assert.equal(readFileSync(found.kubeconfig ?? "", "utf8"), kubeconfig);
                assert.equal(statSync(found.kubeconfig ?? "").mode & 0o777, 0o600);
                assert.match(readFileSync(GITHUB_ENV, "utf8"), /^KUBECONFIG<<(\S+)\n\/.*\/config\n\1\n$/);
            }
            assert.deepEqual(lines.slice(0, 2), ["::add-mask::token-of-ci", "::add-mask::S0VZ"]);
        });

        it("prints no value where no runner reads it", async () => {
            await logIn({ ...ready, KUBECONFIG_DATA: kubeconfig });
            assert.deepEqual(lines, []);
        });

        it("says what of the repository's variables and secrets is missing or wrong, and no value", async () => {
            const files = kubeconfig.replace("certificate-authority-data: Q0E=", "certificate-authority: /home/me/ca");
            const cases: [Record<string, string>, RegExp][] = [
                [{}, /PULUMI_BACKEND_URL is not set/],
                [{ ...ready, PULUMI_BACKEND_URL: "state" }, /is no address of a backend/],
                [{ ...ready, PULUMI_BACKEND_URL: "https://api.pulumi.com" }, /needs the secret PULUMI_ACCESS_TOKEN/],
                [
                    { ...ready, PULUMI_BACKEND_URL: "file:///x", RUNNER_ENVIRONMENT: "github-hosted" },
                    /would be gone with the machine/,
                ],
                [{ ...ready, PULUMI_CONFIG_PASSPHRASE: "" }, /the secret PULUMI_CONFIG_PASSPHRASE is not set/],
                [ready, /the secret KUBECONFIG is not set/],
                [{ ...ready, KUBECONFIG_DATA: "a: [secret-phrase" }, /is no YAML/],
                [{ ...ready, KUBECONFIG_DATA: "kind: Secret" }, /is no kubeconfig/],
                [{ ...ready, KUBECONFIG_DATA: files }, /names files of another machine \(certificate-authority\)/],
            ];
            for (const [env, expected] of cases) {
                const error = await logIn(env).then(
                    () => assert.fail(String(expected)),
                    (failure: unknown) => failure as Error & { render(): string },
                );
                assert.match(error.message, expected);
                assert.ok(!/secret-phrase|token-of-ci|word/.test(error.render()), error.render());
            }
        });

        it("takes a key instead of a passphrase, and a kubeconfig that the job has", async () => {
            const env = { PULUMI_BACKEND_URL: "gs://state", KUBECONFIG: "/there" };
            const found = await logIn(env, "awskms://alias/x?region=y");
            assert.deepEqual(found, { backend: "gs://state", secrets: "awskms://alias/x" });
            assert.equal(readKubeconfig(kubeconfig).context, "ours");
        });
    });

    describe("summary", () => {
        it("is cut in its middle, at the size that GitHub shows, with what was there before", async () => {
            const GITHUB_STEP_SUMMARY = join(dir, "summary");
            writeFileSync(GITHUB_STEP_SUMMARY, "x".repeat(400_000));
            await appendSummary("ä".repeat(400_000), { GITHUB_STEP_SUMMARY });
            const text = readFileSync(GITHUB_STEP_SUMMARY, "utf8");
            assert.ok(Buffer.byteLength(text) <= 1_000_001, String(Buffer.byteLength(text)));
            assert.match(text, /… \d+ bytes are left out here/);
            assert.ok(!text.includes("\ufffd"));
            assert.equal(cut("short", 100), "short");
        });

        it("shows an output that nothing in it gets out of, without colours", () => {
            assert.equal(fenced("\u001b[31mred\u001b[0m\r\n"), "```text\nred\n```");
            assert.equal(fenced("```\n</details>\n`````"), "``````text\n```\n</details>\n`````\n``````");
        });

        it("shows what a program says as it comes, and how it ended", async () => {
            const said: string[] = [];
            const script = "process.stdout.write('+ new\\n'); process.stderr.write('why\\n'); process.exitCode = 7";
            const program = [process.execPath, "-e", script];
            const shown = await showing("Plan <of> dev", program, { write: (text) => void said.push(text) });
            assert.equal(shown.code, 7);
            assert.match(shown.markdown, /^### Plan \\<of\\> dev \(ended with 7\)\n\n```text\n[^]*why[^]*\n```\n$/);
            assert.match(said.join(""), /\+ new[^]*why|why[^]*\+ new/);
            await assert.rejects(showing("x", ["no-such-program"]), /no-such-program can't be started/);
        });
    });

    describe("the command", function () {
        this.timeout(60_000);
        let server: GitHubServer;
        before(async () => void (server = await GitHubServer.serve()));
        after(() => server.close());
        const run = async (args: string[], env: Record<string, string> = {}) => {
            const { stdout, stderr, exitCode } = await execa(
                process.execPath,
                [join(repoRoot, "cli", "data-platform.mjs"), "github", ...args],
                { cwd: dir, reject: false, env: { GITHUB_RUN_ID: "12", ...server.environment, ...env } },
            );
            return { stdout, stderr, code: exitCode };
        };
        const fork = "f".repeat(40);

        it("posts the same for a fork, by its commit, as for a branch, by its number", async () => {
            const body = `${marker("diff")}\n\n\`\`\`diff\n+ x\n\`\`\`\n`;
            writeFileSync(join(dir, "comment.md"), body);
            server.pulls = [{ number: 5, sha: fork, state: "open", labels: [], from: "stranger/platform" }];
            const own = await run(["comment", "--marker", "diff", "--body-file", "comment.md"], {
                DATA_PLATFORM_PULL_REQUEST: "4",
            });
            assert.equal(own.code, 0, own.stderr);
            const others = await run(["comment", "--marker", "diff", "--artifact", "comment.md", "--json"], {
                DATA_PLATFORM_COMMIT: fork,
            });
            assert.equal(others.code, 0, others.stderr);
            assert.equal((JSON.parse(others.stdout) as { changed: number }).changed, 0);
            assert.deepEqual(
                server.comments.map((each) => [each.issue, each.body]),
                [
                    [4, body],
                    [5, body],
                ],
            );
            const gone = await run(["comment", "--marker", "diff", "--artifact", "comment.md"], {
                DATA_PLATFORM_COMMIT: "e".repeat(40),
            });
            assert.deepEqual([gone.code, server.comments.length], [0, 2]);
            assert.match(gone.stdout, /no open pull request has e+ as its newest commit/);
        });

        it("says a line with the way to the run, and ends with 1 where the token only reads", async () => {
            server.comments = [];
            const args = ["comment", "--marker", "ephemeral", "--number", "4", "--text", "It is gone."];
            assert.equal((await run(args)).code, 0);
            const link = "https://github.com/acme/platform/actions/runs/12";
            assert.deepEqual(
                server.comments.map(({ body }) => body),
                [`${marker("ephemeral")}\nIt is gone. ([run](${link}))\n`],
            );
            server.readOnly = true;
            const { code, stderr } = await run([...args.slice(0, -1), "No."]);
            server.readOnly = false;
            assert.equal(code, 1);
            assert.match(stderr, /^the workflow's token may not do that[^]*comment\.yml posts for them/);
        });

        it("writes the numbers of open pull requests, for the sweep", async () => {
            const { code } = await run(["pull-requests", "--out", "open.json"]);
            assert.deepEqual([code, readFileSync(join(dir, "open.json"), "utf8")], [0, "[5]\n"]);
        });

        it("opens the issue about what the sweep couldn't do, and closes it", async () => {
            writeFileSync(join(dir, "sweep.md"), "pr-7 is stuck");
            const args = ["issue", "--marker", "sweep"];
            assert.match((await run([...args, "--title", "Stuck", "--body-file", "sweep.md"])).stdout, /created/);
            assert.match((await run([...args, "--close", "--body-file", "sweep.md"])).stdout, /closed/);
            assert.equal(server.issues[0].state, "closed");
        });

        it("ends as the program does that it shows; a code that is fine is as good as none", async () => {
            const GITHUB_STEP_SUMMARY = join(dir, "summary");
            const ends = async (code: number, ...more: string[]) => {
                const args = [
                    "summary",
                    "--title",
                    "t",
                    ...more,
                    "--",
                    process.execPath,
                    "-e",
                    `process.exit(${code})`,
                ];
                return (await run(args, { GITHUB_STEP_SUMMARY })).code;
            };
            assert.deepEqual(
                [await ends(0), await ends(3), await ends(4, "--fine", "4"), await ends(255)],
                [0, 3, 0, 1],
            );
            assert.equal(readFileSync(GITHUB_STEP_SUMMARY, "utf8").match(/^### t/gm)?.length, 4);
        });

        it("ended in the middle, lets the program that it shows end itself, once", async () => {
            const script = `process.on("SIGINT", () => { console.log("in good order"); setTimeout(() => process.exit(7), 300); });
                console.log("begun"); setTimeout(() => {}, 60_000);`;
            const child = execa(
                process.execPath,
                [
                    join(repoRoot, "cli", "data-platform.mjs"),
                    ...["github", "summary", "--title", "t", "--", process.execPath, "-e", script],
                ],
                { cwd: dir, reject: false, stdin: "ignore", env: { GITHUB_STEP_SUMMARY: join(dir, "summary") } },
            );
            child.stderr.on("data", (text: Buffer) => {
                if (text.includes("begun")) child.kill("SIGTERM");
            });
            assert.equal((await child).exitCode, 1);
            const text = readFileSync(join(dir, "summary"), "utf8");
            assert.match(text, /ended with 7[^]*begun\nin good order\n```/);
        });

        it("says when the sweep last ended well, and warns when that was long ago", async () => {
            const args = ["last-run", "--workflow", "sweep.yml", "--within", "3"];
            assert.equal((await run(args)).code, 4);
            server.runs = [{ id: 1, updated_at: new Date().toISOString(), event: "schedule" }];
            const { code, stdout } = await run(args);
            assert.equal(code, 0);
            assert.match(stdout, /^sweep\.yml last ended well at 20\d\d-/);
        });
    });
});
