import assert from "node:assert/strict";

import { expected } from "../../sandbox/sample-run";
import { sandbox, summary } from "./sandbox-command";
import { gitStatus, rows, tell, World } from "./world";

/** From nothing to the DAG's numbers, and again without a change. */
export function numbers(world: World, checkout: () => string): void {
    it("runs the DAG through Kafka, Spark, MinIO and MLflow, and its numbers are those that pandas counts", async () => {
        const { code, stderr, seconds } = await sandbox(["run"], { show: true });
        assert.equal(code, 0, stderr);
        const { rows: got, new: added, byCarrier, changes, dag, model, tables } = summary();
        assert.deepEqual(got, { produced: rows, landed: rows, read: rows });
        assert.deepEqual(added, { produced: rows, landed: rows });
        assert.ok(changes.create > 100 && changes.update === 0 && changes.delete === 0, JSON.stringify(changes));
        assert.deepEqual(byCarrier, (await expected()).byCarrier);
        assert.deepEqual([dag.state, dag.before], ["success", false]);
        assert.deepEqual(Object.keys(dag.tasks).sort(), ["audit", "bronze", "gold", "ingest", "score", "train"]);
        assert.ok(Object.values(dag.tasks).every(({ state }) => state === "success"));
        // Sixteen carriers over twelve months, not all of which fly in each.
        assert.ok(tables.delays.rows > 150 && tables.delays.rows <= 16 * 12, String(tables.delays.rows));
        assert.equal(model.version, "1");
        assert.ok(Object.keys(model.metrics).length > 0 && Object.values(model.metrics).every(Number.isFinite));
        assert.equal(tables.flights.rows, rows);
        assert.ok(tables.predictions.rows > 0 && tables.predictions.rows < rows, String(tables.predictions.rows));
        assert.deepEqual(summary().importErrors, []);
        await world.open();
        assert.ok(world.secrets.length >= 20, `only ${world.secrets.length} passwords`);
        tell(`${seconds.toFixed(0)} s; DAG ${dag.seconds} s; ${JSON.stringify(summary().requests)}`);
        tell(`${summary().memory.now} GiB now, ${summary().memory.peak} GiB at most; ${JSON.stringify(model)}`);
    });

    it("changes nothing the second time, and repeats nothing: passwords, rows, model and run are the same", async () => {
        const [before, first] = [await world.secretHashes(), summary()];
        const { code, stderr, seconds } = await sandbox(["run"]);
        assert.equal(code, 0, stderr);
        const second = summary();
        assert.deepEqual(second.changes, { create: 0, update: 0, delete: 0 });
        assert.deepEqual(second.new, { produced: 0, landed: 0 });
        assert.deepEqual([second.rows, second.model, second.tables], [first.rows, first.model, first.tables]);
        assert.deepEqual([second.dag.run, second.dag.before], [first.dag.run, true]);
        assert.deepEqual(await world.secretHashes(), before);
        assert.equal((await sandbox(["up"])).code, 0);
        assert.deepEqual(await world.secretHashes(), before);
        const update = Object.entries(second.seconds).find(([title]) => title.startsWith("Update the stack"));
        tell(`${seconds.toFixed(0)} s, of it the update ${update?.[1]} s`);
    });

    it("keeps the logs of tasks whose pods are gone", async () => {
        const { run, tasks } = summary().dag;
        const airflow = await world.platform.airflow();
        const names = (await world.kube.list("v1", "Pod")).map(({ metadata }) => metadata.labels?.run_id ?? "");
        assert.ok(!names.includes(run), "a worker's pod is still there");
        for (const [task_id, { tries }] of Object.entries(tasks)) {
            const lines = await airflow.log("flights", run, { task_id, try_number: tries });
            assert.ok(lines.length > 5, `${task_id}: ${lines.join("\n")}`);
        }
        const log = await airflow.log("flights", run, { task_id: "ingest", try_number: tasks.ingest.tries });
        assert.ok(log.join("\n").includes(String(rows)), "the log of ingest doesn't hold what its program said");
    });

    it("leaves the checkout as it was", async () => {
        assert.equal(await gitStatus(), checkout());
    });

    it("says that all is well, and previews no change", async () => {
        const { code, stdout: said } = await sandbox(["status"]);
        assert.equal(code, 0, said);
        const { code: previewed, stdout } = await sandbox(["preview"]);
        assert.equal(previewed, 0);
        assert.match(stdout.trim(), /^\S*\d+ unchanged\S*$/);
    });
}
