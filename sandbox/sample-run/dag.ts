import { createHash } from "node:crypto";

import { Watcher } from "../../kubernetes/wait/watcher";
import { KubeClient } from "../../kubernetes/client";
import { podDiagnostics } from "../../kubernetes/wait/diagnostics";
import { sleep } from "../../kubernetes/wait/ready";
import { UserError } from "../../lib/errors";
import { Airflow, DagRun, Task } from "./airflow";
import { describeImportError, ImportError } from "./import-errors";

/** Outcome of a run, for the summary. */
export interface DagOutcome {
    /** Name of the run. */
    run: string;
    state: "success";
    /** From its start to its end. */
    seconds: number;
    /** It had succeeded before, and nothing has changed since. */
    before: boolean;
    /** In the order in which they ended. */
    tasks: Record<string, { state: string; seconds: number; tries: number }>;
}

export interface DagOptions {
    dag: string;
    /** Name of the data interval, which results are kept under: the same one again gives the same results. */
    interval: string;
    /** Another one when what the DAG runs has changed. */
    version: string;
    /** Run it although nothing has changed. */
    again: boolean;
    /** Start of the present dag-processor: what was parsed before that is not to be run. */
    parsedSince: Date;
    /** Namespaces whose pods are looked at when it takes too long. */
    namespaces: string[];
    tell: (text: string) => void;
    /** Milliseconds between two looks. @default 2000 */
    pause?: number;
    /** Milliseconds for which no task of a run may change its state, and until a DAG is parsed. @default 40 minutes, 15 minutes */
    limits?: { run: number; parse: number };
}

/** States in which a task stays unless somebody does something. */
const ended = ["success", "failed", "upstream_failed", "skipped", "removed"];

/**
 * Runs a DAG for an interval and waits for its end. A run of the same interval and version that has succeeded is not repeated;
 * one that is under way is followed; one that has failed goes on from what failed.
 *
 * @throws UserError when the DAG can't be parsed: by file and line; when a task fails: the end of its log
 */
export async function runDag(airflow: Airflow, watcher: Watcher, options: DagOptions): Promise<DagOutcome> {
    const { dag, tell } = options;
    const run = runName(options);
    await untilParsed(airflow, watcher, options);
    const there = await airflow.run(dag, run);
    if (there?.state === "success") {
        tell("has succeeded before, and nothing has changed since");
        return outcome(there, await airflow.tasks(dag, run), true);
    }
    if (!there) await airflow.start(dag, run, options.interval);
    else if (there.state === "failed") await airflow.goOn(dag, run);
    const done = await untilEnded(airflow, watcher, options, run);
    return outcome(done, await airflow.tasks(dag, run), false);
}

function runName({ interval, version, again }: DagOptions): string {
    return ["sandbox", interval, version, ...(again ? [Date.now().toString(36)] : [])].join("__");
}

async function untilParsed(airflow: Airflow, { signal }: Watcher, options: DagOptions): Promise<void> {
    const { dag, tell, parsedSince, pause = 2_000, limits } = options;
    const deadline = Date.now() + (limits?.parse ?? 15 * 60_000);
    for (;;) {
        const found = await airflow.dag(dag);
        const fresh = (at: string | null | undefined) => new Date(at ?? 0) >= parsedSince;
        const errors = (await airflow.importErrors()).filter(({ file, at }) => mayHold(file, dag) && fresh(at));
        if (errors.length > 0) throw unreadable(dag, errors);
        if (found && fresh(found.last_parsed_time)) {
            if (found.is_paused) await airflow.unpause(dag);
            return;
        }
        if (Date.now() > deadline) {
            throw new UserError(`Airflow knows no DAG ${dag}`, {
                evidence: (await airflow.importErrors()).map(describeImportError),
                fix: "see the log of the pod of Airflow's dag-processor",
            });
        }
        tell("waiting for the DAG to be parsed");
        await sleep(pause, signal);
    }
}

/** Tells whether a file is the DAG's own. Another file that can't be read is told, but doesn't stop this DAG. */
function mayHold(file: string, dag: string): boolean {
    return file === `${dag}.py`;
}

function unreadable(dag: string, errors: ImportError[]): UserError {
    return new UserError(`the DAG ${dag} can't be parsed`, {
        where: `workloads/dags/${errors[0].file}${errors[0].line === undefined ? "" : `:${errors[0].line}`}`,
        evidence: errors.map(describeImportError),
        fix: "mend the file, then: make sandbox",
    });
}

async function untilEnded(airflow: Airflow, watcher: Watcher, options: DagOptions, run: string): Promise<DagRun> {
    const { dag, tell, pause = 2_000, limits } = options;
    let [moved, before] = [Date.now(), ""];
    for (;;) {
        const [now, tasks] = [await airflow.run(dag, run), await airflow.tasks(dag, run)];
        if (!now) throw new UserError(`the run ${run} of the DAG ${dag} was deleted while it was waited for`);
        tell(progress(tasks));
        if (now.state === "success") return now;
        if (now.state === "failed") throw await failure(airflow, watcher, dag, run, tasks);
        const states = tasks.map(({ task_id, state, try_number }) => `${task_id} ${state} ${try_number}`).join();
        if (states !== before) moved = Date.now();
        before = states;
        if (Date.now() - moved > (limits?.run ?? 40 * 60_000)) {
            const evidence = await Promise.all(
                options.namespaces.map((namespace) => podDiagnostics(watcher, namespace)),
            );
            throw new UserError(`the run ${run} of the DAG ${dag} does not end`, {
                evidence: [progress(tasks), ...evidence.flat()],
                fix: "make sandbox goes on waiting; make open shows the run in Airflow",
            });
        }
        await sleep(pause, watcher.signal);
    }
}

/** `ingest ✔ 21 s · bronze running 8 s (try 2) · gold, train wait` */
export function progress(tasks: Task[], now = Date.now()): string {
    const begun = tasks.filter(({ start_date, state }) => start_date && state).sort(byStart);
    const waiting = tasks.filter((task) => !begun.includes(task)).map(({ task_id }) => task_id);
    const words = begun.map(({ task_id, state, start_date, duration, try_number }) => {
        const seconds = duration ?? (now - new Date(start_date ?? 0).getTime()) / 1000;
        const tries = try_number > 1 ? ` (try ${try_number})` : "";
        const mark = state === "success" ? "✔" : state?.replaceAll("_", " ");
        return `${task_id} ${mark} ${Math.max(0, seconds).toFixed(0)} s${tries}`;
    });
    if (waiting.length > 0) words.push(`${waiting.join(", ")} wait${waiting.length === 1 ? "s" : ""}`);
    return words.join(" · ");
}

/** Describes the task that failed first, with the end of its log. */
async function failure(airflow: Airflow, { masker }: Watcher, dag: string, run: string, tasks: Task[]) {
    const failed = tasks.filter(({ state }) => state === "failed").sort(byStart);
    const first = failed[0] as Task | undefined;
    const lines = first
        ? await airflow.log(dag, run, first).catch((error: Error) => [`(its log can't be read: ${error.message})`])
        : [];
    const tries = first ? ` at try ${first.try_number} of ${first.max_tries + 1}` : "";
    return new UserError(`the task ${first?.task_id ?? "?"} of the DAG ${dag} has failed${tries}`, {
        where: `run ${run}`,
        evidence: lines.slice(-25).map((line) => masker.text(line).slice(0, 300)),
        fix: "mend the cause, then make sandbox goes on from there; make open shows the whole log in Airflow",
    });
}

function outcome({ dag_run_id, start_date, end_date }: DagRun, tasks: Task[], before: boolean): DagOutcome {
    const done = tasks
        .filter(({ state }) => ended.includes(state ?? ""))
        .sort((one, other) => (one.end_date ?? "").localeCompare(other.end_date ?? ""));
    return {
        run: dag_run_id,
        state: "success",
        seconds: round((new Date(end_date ?? 0).getTime() - new Date(start_date ?? 0).getTime()) / 1000),
        before,
        tasks: Object.fromEntries(
            done.map(({ task_id, state, duration, try_number }) => [
                task_id,
                { state: state ?? "none", seconds: round(duration ?? 0), tries: try_number },
            ]),
        ),
    };
}

function round(value: number): number {
    return Math.round(value * 10) / 10;
}

function byStart(one: Task, other: Task): number {
    return (one.start_date ?? "").localeCompare(other.start_date ?? "");
}

/**
 * Version of a DAG, in short: the templates of its tasks, with their images, and the image that holds the DAG; and since when the present
 * dag-processor runs.
 */
export async function dagVersion(
    kube: KubeClient,
    namespace: string,
    templates: string,
): Promise<{ version: string; parsedSince: Date }> {
    const map = await kube.get({ apiVersion: "v1", kind: "ConfigMap", namespace, name: templates });
    if (!map) {
        throw new UserError(`there are no templates of the DAG's tasks, no ConfigMap ${namespace}/${templates}`, {
            fix: "is the sample switched off (workloads.flights.enabled)? Else: make up",
        });
    }
    const pods = await kube.list("v1", "Pod", { namespace, labels: "component=dag-processor" });
    const newest = pods
        .filter(({ metadata }) => !metadata.deletionTimestamp)
        .sort((one, other) =>
            (one.metadata.creationTimestamp ?? "").localeCompare(other.metadata.creationTimestamp ?? ""),
        )
        .at(-1);
    if (!newest) {
        throw new UserError(`there is no pod of Airflow's dag-processor in ${namespace}`, {
            fix: "make status shows what is there; make up brings it back",
        });
    }
    const { containers } = newest.spec as { containers: { image: string }[] };
    const parts = JSON.stringify([map.data ?? {}, containers.map(({ image }) => image)]);
    return {
        version: createHash("sha256").update(parts).digest("hex").slice(0, 8),
        parsedSince: new Date(newest.metadata.creationTimestamp ?? 0),
    };
}
