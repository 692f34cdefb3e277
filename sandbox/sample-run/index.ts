import { UserError } from "../../lib/errors";
import { step } from "../../lib/progress";
import { Airflow } from "./airflow";
import { DagOutcome, dagVersion, runDag } from "./dag";
import { differences, Expected } from "./expected";
import { ImportError } from "./import-errors";
import { Memory, MemoryWatch } from "./memory";
import { Model } from "./mlflow";
import { Outputs, Platform } from "./platform";
import { checkResult, programs, Result, Results, Table } from "./result";

export { expected, type Expected, requirePython } from "./expected";
export { type Outputs, Platform } from "./platform";

export interface PipelineOptions {
    kubeconfig: string;
    outputs: Outputs;
    expected: Promise<Expected>;
    /** Run the DAG although nothing has changed. */
    again: boolean;
    signal: AbortSignal;
}

/** Numbers of the run. */
export interface Numbers {
    rows: { produced: number; landed: number; read: number };
    /** Of those, what this run has added. */
    new: { produced: number; landed: number };
    byCarrier: Record<string, number>;
    ingest: { rowsPerSecond: number; peakMemoryMiB: number };
    dag: DagOutcome;
    /** Flights with their weather, delays by carrier and month, predictions: the same bytes for the same interval. */
    tables: Record<"flights" | "delays" | "predictions", Table>;
    model: Model;
    memory: Memory;
    /** Files of DAGs that can't be parsed. */
    importErrors: ImportError[];
}

const dag = "flights";

/** The sample's data are one year's, whose last day names the interval. */
const interval = "2013-12-31";

/** The ConfigMap with the pods of the DAG's tasks. */
const templates = "flights-tasks";

/**
 * Runs the sample to its end: Airflow drives it through Kafka, Spark, MinIO and MLflow, and every number is compared with one
 * that pandas counts apart.
 *
 * @throws UserError when a task fails or a number differs
 */
export async function runPipeline(options: PipelineOptions): Promise<Numbers> {
    const { outputs, signal, again } = options;
    const platform = new Platform(options.kubeconfig, outputs, signal);
    const { kube, namespaces } = platform;
    const memory = new MemoryWatch(kube, namespaces).start();
    try {
        const { outcome, results, importErrors } = await step(`Run the DAG ${dag}`, async (tell) => {
            const airflow = await platform.airflow(tell);
            const { orchestration, jobs } = outputs.namespaces;
            const outcome = await runDag(airflow, await platform.watcher(), {
                ...{ dag, interval, again, tell, namespaces: [orchestration, jobs] },
                ...(await dagVersion(kube, orchestration, templates)),
            });
            const results = await resultsOf(airflow, outcome.run);
            tell(outcome.before ? "has succeeded before, and nothing has changed since" : tasks(outcome));
            return { outcome, results, importErrors: await airflow.importErrors() };
        });
        await step("Compare with pandas", async (tell) => {
            compare(results, await options.expected);
            tell(`${Object.keys(results.audit.byCarrier).length} carriers, every number equal`);
        });
        const model = await step("Ask MLflow for the model", async (tell) => {
            const { model: name, version } = results.train;
            const found = await platform.model(name, String(version), tell);
            tell(`${found.name}, version ${found.version}`);
            return found;
        });
        const { ingest, bronze, audit, gold, score } = results;
        return {
            rows: { produced: ingest.rows, landed: bronze.rows, read: audit.rows },
            new: outcome.before ? { produced: 0, landed: 0 } : { produced: ingest.new, landed: bronze.new },
            byCarrier: audit.byCarrier,
            ingest: { rowsPerSecond: ingest.rowsPerSecond, peakMemoryMiB: ingest.peakMemoryMiB },
            tables: { ...gold.tables, predictions: { rows: score.rows, sha256: score.sha256 } },
            ...{ dag: outcome, model, importErrors },
            memory: await memory.stop(),
        };
    } finally {
        memory.close();
        platform.close();
    }
}

async function resultsOf(airflow: Airflow, run: string): Promise<Results> {
    const entries = await Promise.all(
        Object.entries(programs).map(async ([task, program]) => {
            const value = await airflow.result(dag, run, task);
            return [task, checkResult<Result>(task, program, value)] as const;
        }),
    );
    return Object.fromEntries(entries) as unknown as Results;
}

function tasks({ tasks: done }: DagOutcome): string {
    return Object.entries(done)
        .map(([task, { seconds }]) => `${task} ${seconds.toFixed(0)} s`)
        .join(", ");
}

function compare(results: Results, wanted: Expected): void {
    const found = differences(results, wanted);
    if (found.length === 0) return;
    throw new UserError("what has come out is not what pandas counts in the source", {
        evidence: found.slice(0, 30),
        fix: "a defect of the pipeline; see the logs of its tasks in Airflow: make open",
    });
}
