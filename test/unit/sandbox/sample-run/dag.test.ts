import assert from "node:assert/strict";

import { Watcher } from "../../../../kubernetes/wait/watcher";
import { Masker } from "../../../../kubernetes/mask";
import { UserError } from "../../../../lib/errors";
import { Airflow, Task } from "../../../../sandbox/sample-run/airflow";
import { DagOptions, progress, runDag } from "../../../../sandbox/sample-run/dag";
import { describeImportError, importErrorOf } from "../../../../sandbox/sample-run/import-errors";
import { Service } from "../../../../sandbox/sample-run/service";
import { TlsService } from "../../../support/tls-service";

const password = "the-password-of-nobody-at-all";
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const syntaxError = `Traceback (most recent call last):
  File "<frozen importlib._bootstrap>", line 488, in _call_with_frames_removed
  File "/opt/airflow/dags/flights.py", line 7
    with DAG(
            ^
SyntaxError: '(' was never closed
`;

/** As much of Airflow as a run needs. */
class World {
    dag: object | undefined = { is_paused: true, last_parsed_time: at(10) };
    importErrors: object[] = [];
    runs: Record<string, { state: string; conf: unknown }> = {};
    /** States of the tasks at each look. */
    course: Partial<Task>[][] = [];
    unpaused = false;
    cleared = 0;
    tokens = 0;
    private looks = 0;

    answer(method: string, path: string, body: unknown, token: string): { status?: number; body?: unknown } {
        if (path === "/auth/token") {
            const right = (body as { password: string }).password === password;
            return right ? { status: 201, body: { access_token: `t${++this.tokens}` } } : { status: 401 };
        }
        if (token !== `Bearer t${this.tokens}` || this.tokens === 1) return { status: 401 };
        const [, id = "", rest = ""] = /\/dagRuns\/?([^/?]*)(.*)$/.exec(path) ?? [];
        const run = this.runs[id];
        if (path.startsWith("/api/v2/importErrors")) return { body: { import_errors: this.importErrors } };
        if (!path.includes("/dagRuns")) {
            if (method === "PATCH") this.unpaused = true;
            return this.dag ? { body: this.dag } : { status: 404 };
        }
        if (method === "POST" && !id) {
            const { dag_run_id, conf } = body as { dag_run_id: string; conf: unknown };
            this.runs[dag_run_id] = { state: "running", conf };
            return {};
        }
        if (!run) return { status: 404 };
        if (rest === "/clear") {
            this.cleared++;
            run.state = "running";
            return {};
        }
        if (rest.includes("/logs/")) {
            return { body: { content: [{ event: "began" }, { event: `it says ${password}` }, { event: "boom" }] } };
        }
        if (rest.startsWith("/taskInstances")) {
            const tasks = this.course[Math.min(this.looks++, this.course.length - 1)] ?? [];
            if (tasks.every(({ state }) => state === "success")) run.state = "success";
            if (tasks.some(({ state }) => state === "failed")) run.state = "failed";
            return { body: { task_instances: tasks } };
        }
        return { body: { dag_run_id: id, ...run, start_date: at(0), end_date: at(21) } };
    }
}

const task = (task_id: string, state: string | null, more: Partial<Task> = {}): Task => ({
    ...{ task_id, state, try_number: 1, max_tries: 2, duration: state === "success" ? 10 : null },
    ...{ start_date: state ? at(task_id.length) : null, end_date: state === "success" ? at(20) : null },
    ...more,
});

describe("a run of a DAG", () => {
    let world: World;
    let server: TlsService;
    let service: Service;
    let watcher: Watcher;
    let said: string[];

    before(async () => {
        server = await new TlsService("airflow", ({ method, path, body, headers }) =>
            world.answer(method, path, body, String(headers.authorization)),
        ).start();
    });
    after(() => server.stop());
    beforeEach(() => {
        world = new World();
        said = [];
        const masker = new Masker();
        masker.learn(password);
        service = server.client(masker);
        watcher = { masker, signal: new AbortController().signal } as Watcher;
    });
    afterEach(() => service.close());

    const run = (more: Partial<DagOptions> = {}) =>
        runDag(new Airflow(service, { username: "admin", password }), watcher, {
            ...{ dag: "flights", interval: "2013-12-31", version: "ab12", again: false, parsedSince: new Date(at(5)) },
            ...{ namespaces: [], tell: (text: string) => said.push(text), pause: 1 },
            limits: { run: 5_000, parse: 300 },
            ...more,
        });

    it("is started once, unpaused, with its interval, and followed to its end; a token that has expired is replaced", async () => {
        world.course = [
            [task("ingest", "running"), task("gold", null)],
            [task("ingest", "success"), task("gold", "running")],
            [task("ingest", "success"), task("gold", "success", { try_number: 2, end_date: at(21) })],
        ];
        const outcome = await run();
        assert.deepEqual(Object.keys(world.runs), ["sandbox__2013-12-31__ab12"]);
        assert.deepEqual(Object.values(world.runs)[0].conf, { interval: "2013-12-31" });
        assert.ok(world.unpaused);
        assert.equal(world.tokens, 2);
        assert.deepEqual(outcome, {
            ...{ run: "sandbox__2013-12-31__ab12", state: "success", seconds: 21, before: false },
            tasks: {
                ingest: { state: "success", seconds: 10, tries: 1 },
                gold: { state: "success", seconds: 10, tries: 2 },
            },
        });
        assert.ok(
            said.some((text) => /^ingest running .* s · gold waits$/.test(text)),
            said.join("\n"),
        );
    });

    it("that has succeeded is not repeated, unless that is asked for", async () => {
        world.runs["sandbox__2013-12-31__ab12"] = { state: "success", conf: {} };
        world.course = [[task("ingest", "success")]];
        assert.equal((await run()).before, true);
        assert.equal(Object.keys(world.runs).length, 1);
        assert.equal((await run({ again: true })).before, false);
        assert.equal(Object.keys(world.runs).length, 2);
        assert.equal((await run({ version: "cd34" })).before, false);
        assert.equal(Object.keys(world.runs).length, 3);
    });

    it("that has failed goes on; one under way is followed", async () => {
        world.runs["sandbox__2013-12-31__ab12"] = { state: "failed", conf: {} };
        world.course = [[task("ingest", "success")]];
        assert.equal((await run()).before, false);
        assert.equal(world.cleared, 1);
        world.runs["sandbox__2013-12-31__ab12"].state = "queued";
        assert.equal((await run()).before, false);
        assert.equal(world.cleared, 1);
    });

    it("fails with the end of the log of what has failed first, masked", async () => {
        world.course = [[task("ingest", "failed", { try_number: 3 }), task("bronze", "upstream_failed")]];
        await assert.rejects(run(), (error: UserError) => {
            assert.equal(error.message, "the task ingest of the DAG flights has failed at try 3 of 3");
            assert.deepEqual(error.details.evidence, ["began", "it says (secret)", "boom"]);
            return true;
        });
    });

    it("is not begun while its file can't be parsed, which is told by file and line", async () => {
        const error = { filename: "flights.py", stack_trace: syntaxError, timestamp: at(11) };
        world.importErrors = [error];
        await assert.rejects(run(), (error: UserError) => {
            assert.match(error.message, /flights can't be parsed/);
            assert.equal(error.details.where, "workloads/dags/flights.py:7");
            assert.deepEqual(error.details.evidence, ["flights.py:7: SyntaxError: '(' was never closed"]);
            return true;
        });
        assert.deepEqual(world.runs, {});
        // Nor what was parsed before the present code came; an error from that time means nothing either.
        world.importErrors = [{ ...error, timestamp: at(1) }];
        world.dag = { is_paused: false, last_parsed_time: at(1) };
        await assert.rejects(run(), /Airflow knows no DAG flights/);
    });

    it("is told in one line", () => {
        const tasks = [
            task("gold", null),
            task("train", null),
            task("ingest", "success"),
            task("bronze", "up_for_retry", { duration: 3, try_number: 2 }),
        ];
        assert.equal(progress(tasks), "ingest ✔ 10 s · bronze up for retry 3 s (try 2) · gold, train wait");
    });
});

describe("a file of DAGs that can't be read", () => {
    it("is told by its own line, though what it imports has failed deeper", () => {
        const stack_trace = `Traceback (most recent call last):
  File "/opt/airflow/dags/team/clean.py", line 3, in <module>
    import pandaz
  File "/usr/lib/python3/pandaz.py", line 99, in <module>
ModuleNotFoundError: No module named 'pandaz'
`;
        const error = importErrorOf({ filename: "/opt/airflow/dags/team/clean.py", stack_trace, timestamp: at(0) });
        assert.equal(describeImportError(error), "team/clean.py:3: ModuleNotFoundError: No module named 'pandaz'");
    });

    it("is told as far as is known", () => {
        const error = importErrorOf({ filename: "x.py", stack_trace: "timed out", timestamp: at(0) });
        assert.equal(describeImportError(error), "x.py: timed out");
    });
});
