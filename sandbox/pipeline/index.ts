import { Watcher } from "../apply/context";
import { KubeClient } from "../apply/kube/client";
import { Masker } from "../apply/mask";
import { UserError } from "../lib/errors";
import { type Note, step } from "../lib/progress";
import { differences, Expected } from "./expected";
import { clearLeftovers, jobOf, resultOf, runNow } from "./jobs";
import { AuditResult, IngestResult, LandResult } from "./result";

export { expected, type Expected } from "./expected";

export interface PipelineOptions {
    kubeconfig: string;
    /** Namespace of the workloads. */
    namespace: string;
    /** The stack's other namespaces, whose Secrets must not show up in what is printed. */
    namespaces: string[];
    expected: Promise<Expected>;
    /** When this run began: an ingest that ran before it has produced nothing new. */
    began: Date;
    signal: AbortSignal;
}

/** What has gone through the platform. */
export interface Numbers {
    rows: { produced: number; landed: number; read: number };
    /** Of those, what this run has added. */
    new: { produced: number; landed: number };
    byCarrier: Record<string, number>;
    ingest: { rowsPerSecond: number; peakMemoryMiB: number };
}

/**
 * Runs the sample to its end: what ingest has produced is landed and read back, and every number is compared with one that
 * pandas counts apart.
 *
 * @throws UserError when a job fails or a number differs
 */
export async function runPipeline(options: PipelineOptions): Promise<Numbers> {
    const { namespace, began } = options;
    const { watcher, watch } = await watcherOf(options);
    try {
        await clearLeftovers(namespace, watcher);
        const ingest = await ingested(namespace, watcher);
        const job = <T extends LandResult | AuditResult>(title: string, name: string) =>
            watch(title, async (tell) => {
                const result = await runNow<T>(namespace, name, watcher);
                tell(`${result.rows.toLocaleString("en")} rows in ${result.seconds.toFixed(1)} s`);
                return result;
            });
        const land = await job<LandResult>("Land the topic in the object store", "land");
        const audit = await job<AuditResult>("Read the object store back", "audit");
        await watch("Compare with pandas", async (tell) => {
            compare(audit, await options.expected);
            tell(`${Object.keys(audit.byCarrier).length} carriers, every number equal`);
        });
        return {
            rows: { produced: ingest.result.rows, landed: land.rows, read: audit.rows },
            new: { produced: ingest.started >= began ? ingest.result.new : 0, landed: land.new },
            byCarrier: audit.byCarrier,
            ingest: {
                rowsPerSecond: ingest.result.rowsPerSecond,
                peakMemoryMiB: ingest.result.peakMemoryMiB,
            },
        };
    } finally {
        watcher.kube.http.close();
    }
}

async function watcherOf({ kubeconfig, namespaces, signal }: PipelineOptions) {
    const kube = new KubeClient(kubeconfig);
    const masker = new Masker();
    for (const namespace of namespaces) {
        for (const { type, data = {} } of await kube.list("v1", "Secret", { namespace, signal })) {
            if (type === "helm.sh/release.v1") continue;
            Object.values(data as object).forEach((value) =>
                masker.learn(Buffer.from(String(value), "base64").toString()),
            );
        }
    }
    let note: Note = () => undefined;
    const watcher: Watcher = { kube, masker, signal, progress: (_which, text) => note(text) };
    const watch = <T>(title: string, work: (tell: Note) => Promise<T>) =>
        step(title, (tell) => {
            note = tell;
            return work(tell);
        });
    return { watcher, watch };
}

async function ingested(namespace: string, watcher: Watcher): Promise<{ result: IngestResult; started: Date }> {
    const job = await jobOf(namespace, "ingest", watcher);
    if (!job) {
        throw new UserError(`there is no job of the workload ingest in ${namespace}`, {
            fix: "is the sample switched off (workloads.flights.enabled)? Else: make up",
        });
    }
    const result = await resultOf<IngestResult>("ingest", job, watcher);
    return { result, started: new Date((job.status?.startTime as string | undefined) ?? 0) };
}

function compare(audit: AuditResult, wanted: Expected): void {
    const found = differences(audit, wanted);
    if (found.length === 0) return;
    throw new UserError("what was read back is not what pandas counts in the source", {
        evidence: found,
        fix: "a defect of the pipeline; see the logs of the workloads ingest, land and audit",
    });
}
