import assert from "node:assert/strict";

import { settingsFrom } from "../../../../operations/github/client";
import { upsertComment } from "../../../../operations/github/comments";
import { closeIssue, upsertIssue } from "../../../../operations/github/issues";
import { hasMarker, marker } from "../../../../operations/github/marker";
import { openPullRequests, pullRequestsOf } from "../../../../operations/github/pull-requests";
import { lastRun } from "../../../../operations/github/runs";
import { UserError } from "../../../../lib/errors";
import { GitHubServer } from "../../../support/github-server";

/** Message to a person. */
async function told(work: Promise<unknown>): Promise<string> {
    const error = await work.then(
        () => assert.fail("it went well"),
        (failure: unknown) => failure,
    );
    assert.ok(error instanceof UserError, String(error));
    return error.render();
}

const person = { login: "somebody", type: "User" as const };

describe("GitHub", () => {
    let server: GitHubServer;
    beforeEach(async () => void (server = await GitHubServer.serve()));
    afterEach(() => server.close());
    const bodies = () => server.comments.map(({ body }) => body);

    describe("the comment", () => {
        it("is made once, edited in place, and left alone when nothing changed", async () => {
            const hub = server.hub();
            const first = await upsertComment(hub, { number: 7, marker: "diff", body: "one" });
            assert.equal(first.what, "created");
            assert.match(first.url, /pull\/7#issuecomment-/);
            assert.equal((await upsertComment(hub, { number: 7, marker: "diff", body: "two\n" })).what, "edited");
            const writes = () => server.asked.filter((each) => !/^GET|graphql/.test(each)).length;
            const before = writes();
            assert.equal((await upsertComment(hub, { number: 7, marker: "diff", body: "two" })).what, "unchanged");
            assert.equal(writes(), before);
            assert.deepEqual(bodies(), [`${marker("diff")}\ntwo\n`]);
            await upsertComment(hub, { number: 7, marker: "ephemeral", body: "another" });
            await upsertComment(hub, { number: 8, marker: "diff", body: "elsewhere" });
            assert.equal(server.comments.length, 3);
        });

        it("is found beyond the first page", async () => {
            for (let i = 0; i < 250; i++) server.comment(7, `talk ${i}`, person);
            server.comment(7, `${marker("diff")}\nold`);
            for (let i = 0; i < 40; i++) server.comment(7, `more ${i}`, person);
            assert.equal(
                (await upsertComment(server.hub(), { number: 7, marker: "diff", body: "new" })).what,
                "edited",
            );
            assert.equal(server.comments.length, 291);
            assert.equal(server.asked.filter((each) => each.startsWith("GET ")).length, 3);
        });

        it("of somebody else that begins likewise is left alone, be it a person who is called like the app", async () => {
            const fake = `${marker("diff")}\nI am the bot`;
            server.comment(7, fake, person);
            server.comment(7, fake, { login: "github-actions", type: "User" });
            server.comment(7, `quoted: ${marker("diff")}`);
            assert.equal((await upsertComment(server.hub(), { number: 7, marker: "diff", body: "x" })).what, "created");
            assert.deepEqual(bodies().slice(0, 2), [fake, fake]);
            assert.equal(server.comments.length, 4);
        });

        it("of a person's token is that person's", async () => {
            server.viewer = person;
            server.comment(7, `${marker("diff")}\nthe app's`);
            server.comment(7, `${marker("diff")}\nmine`, person);
            assert.equal((await upsertComment(server.hub(), { number: 7, marker: "diff", body: "x" })).what, "edited");
            assert.deepEqual(bodies(), [`${marker("diff")}\nthe app's`, `${marker("diff")}\nx`]);
        });

        it("is one, though two jobs have made one each", async () => {
            for (const body of ["a", "b", "c"]) server.comment(7, `${marker("diff")}\n${body}`);
            const posted = await upsertComment(server.hub(), { number: 7, marker: "diff", body: "x" });
            assert.deepEqual([posted.what, posted.removed], ["edited", 2]);
            assert.deepEqual(bodies(), [`${marker("diff")}\nx`]);
        });

        it("is refused when GitHub would not take it, in bytes, before anything is asked", async () => {
            const long = "ä".repeat(40_000);
            const said = await told(upsertComment(server.hub(), { number: 7, marker: "diff", body: long }));
            assert.match(said, /80028 bytes, and GitHub takes no more than 65000[\s\S]*artifact/);
            assert.deepEqual(server.asked, []);
        });

        it("knows its marker only as a whole first line", () => {
            assert.ok(hasMarker(`${marker("diff")}\r\nx`, "diff"));
            for (const body of [`x\n${marker("diff")}`, "<!-- data-platform:diff", ` ${marker("diff")}`, "", null])
                assert.ok(!hasMarker(body, "diff"), String(body));
            assert.throws(() => marker("a --> b"), /is no name of a marker/);
        });
    });

    describe("pull requests", () => {
        const sha = (digit: string) => digit.repeat(40);
        beforeEach(() => {
            const labels = ["Ephemeral", "bug"];
            server.pulls = [
                { number: 3, sha: sha("a"), state: "closed", labels, from: "acme/platform" },
                { number: 9, sha: sha("a"), state: "open", labels, from: "acme/platform" },
                { number: 5, sha: sha("b"), state: "open", labels: [], from: "stranger/platform" },
                { number: 6, sha: sha("c"), state: "open", labels: ["ephemeral"], from: null },
            ];
        });

        it("that are open, with a label, on any page", async () => {
            for (let number = 100; number < 260; number++)
                server.pulls.unshift({ number, sha: sha("d"), state: "open", labels: [], from: "acme/platform" });
            const found = await openPullRequests(server.hub(), { label: "ephemeral" });
            assert.deepEqual(
                found.map(({ number, fork }) => [number, fork]),
                [
                    [6, true],
                    [9, false],
                ],
            );
            assert.equal((await openPullRequests(server.hub())).length, 163);
        });

        it("of a commit: open ones whose newest commit it is, a fork's too, whatever GitHub is slow to know", async () => {
            const numbers = async (commit: string) =>
                (await pullRequestsOf(server.hub(), commit)).map((each) => each.number);
            assert.deepEqual(await numbers(sha("a")), [9]);
            assert.deepEqual(await numbers(sha("b")), [5]);
            assert.deepEqual(await numbers(sha("e")), []);
            server.slow = true;
            assert.deepEqual(await numbers(sha("b")), [5]);
            assert.match(await told(pullRequestsOf(server.hub(), "main")), /"main" is no commit/);
        });
    });

    describe("the issue", () => {
        it("is one, opened, edited in place, closed when all is well, and opened anew", async () => {
            const hub = server.hub();
            server.issues.push({ number: 1, title: "x", body: marker("sweep"), state: "open", user: person });
            assert.equal(await closeIssue(hub, { marker: "sweep" }), undefined);
            const sweep = (body: string) => upsertIssue(hub, { marker: "sweep", title: "Stuck", body });
            assert.equal((await sweep("pr-7")).what, "created");
            assert.equal((await sweep("pr-7")).what, "unchanged");
            assert.equal((await sweep("pr-7, pr-9")).what, "edited");
            assert.equal(server.issues.length, 2);
            assert.equal((await closeIssue(hub, { marker: "sweep", body: "all well" }))?.what, "closed");
            assert.deepEqual(
                server.issues.map(({ state }) => state),
                ["open", "closed"],
            );
            assert.equal((await sweep("again")).what, "created");
        });

        it("that there is twice is closed but for the oldest", async () => {
            for (const number of [12, 11]) {
                const own = { title: "Stuck", body: marker("sweep"), state: "open" as const, user: server.viewer };
                server.issues.push({ number, ...own });
            }
            const posted = await upsertIssue(server.hub(), { marker: "sweep", title: "Stuck", body: "x" });
            assert.deepEqual([posted.number, posted.removed], [11, 1]);
            assert.equal(server.issues.find(({ number }) => number === 12)?.state, "closed");
            assert.deepEqual(bodies(), ["The same as #11."]);
        });
    });

    it("says when a workflow last ended well, but for the run that asks", async () => {
        const at = "2026-11-21T10:17:00Z";
        server.runs = [
            { id: 3, updated_at: "2026-11-21T11:17:00Z", event: "schedule" },
            { id: 2, updated_at: "2026-11-21T10:40:00Z", event: "workflow_dispatch" },
            { id: 1, updated_at: at, event: "schedule" },
        ];
        const found = await lastRun(server.hub(), { workflow: "sweep.yml", event: "schedule", except: 3 });
        assert.deepEqual(found, { workflow: "sweep.yml", at: new Date(at), url: "run/1" });
        server.runs = [];
        assert.equal((await lastRun(server.hub(), { workflow: "sweep.yml" })).at, undefined);
    });

    describe("what GitHub refuses", () => {
        const post = (waited: number[] = []) =>
            upsertComment(server.hub(waited), { number: 7, marker: "diff", body: "x" });

        it("to a fork's token is told with what does it instead", async () => {
            server.readOnly = true;
            const said = await told(post());
            assert.match(said, /Resource not accessible by integration/);
            assert.match(said, /where: {3}POST http.*\/issues\/7\/comments/);
            assert.match(said, /issues=write; pull_requests=write[\s\S]*comment\.yml posts for them/);
            assert.ok(!said.includes("token-1"));
        });

        it("for another token, or another number, is told", async () => {
            server.next = [[401, { message: "Bad credentials" }]];
            assert.match(await told(post()), /doesn't accept the token[\s\S]*lives only as long as its job/);
            server.next = [[404, { message: "Not Found" }]];
            assert.match(await told(post()), /no such thing in acme\/platform, or the token may not see it/);
            server.next = [[422, { message: "Validation Failed" }]];
            assert.match(await told(post()), /answers 422: Validation Failed/);
        });

        it("for a moment is asked again; what creates is not sent twice", async () => {
            const waited: number[] = [];
            server.next = [
                [502, {}],
                [503, {}],
            ];
            assert.equal((await post(waited)).what, "created");
            assert.deepEqual(waited, [1000, 2000]);
            server.comments = [];
            server.next = [undefined, [502, { message: "Bad Gateway" }]];
            assert.match(await told(post(waited)), /answers 502/);
            assert.equal(waited.length, 2);
        });

        it("by a limit is waited for when it is short, and told with its end when it isn't", async () => {
            const waited: number[] = [];
            server.next = [[403, { message: "secondary rate limit" }, { "retry-after": "3" }]];
            assert.equal((await post(waited)).what, "created");
            assert.deepEqual(waited, [3000]);
            const reset = String(Math.floor(Date.now() / 1000) + 1800);
            server.next = [
                [403, { message: "API rate limit" }, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset }],
            ];
            assert.match(
                await told(post(waited)),
                /no more questions of this token for now[\s\S]*run it again after 20/,
            );
        });

        it("because nobody is there is told as that", async () => {
            const hub = server.hub();
            await server.close();
            assert.match(
                await told(upsertComment(hub, { number: 7, marker: "diff", body: "x" })),
                /GitHub can't be reached[\s\S]*ECONNREFUSED/,
            );
            server = await GitHubServer.serve();
        });
    });

    it("is where the environment says, and what is missing there is told", () => {
        const env = { GITHUB_TOKEN: "t", GITHUB_REPOSITORY: "acme/data.platform" };
        assert.deepEqual(settingsFrom({ ...env, GITHUB_API_URL: "https://ghe.example.com/api/v3/" }), {
            ...{ token: "t", owner: "acme", repo: "data.platform" },
            ...{ apiUrl: "https://ghe.example.com/api/v3", serverUrl: "https://github.com" },
        });
        assert.throws(() => settingsFrom({ ...env, GITHUB_TOKEN: "" }), /GITHUB_TOKEN is not set/);
        assert.throws(() => settingsFrom({ ...env, GITHUB_REPOSITORY: "a/b/c" }), /is no repository/);
    });
});
