import { Watcher } from "../apply/context";
import { KubeClient } from "../apply/kube/client";
import { Masker } from "../apply/mask";
import { UserError } from "../lib/errors";
import { step } from "../lib/progress";
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
        const ingest = await watch("Read what ingest produced", () => ingested(namespace, watcher));
        const land = await watch("Land the topic in the object store", () =>
            runNow<LandResult>(namespace, "land", watcher),
        );
        const audit = await watch("Read the object store back", () => runNow<AuditResult>(namespace, "audit", watcher));
        await step("Compare with pandas", async () => compare(audit, await options.expected));
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
    let note: (text: string) => void = () => undefined;
    const watcher: Watcher = { kube, masker, signal, progress: (_which, text) => note(text) };
    const watch = <T>(title: string, work: () => Promise<T>) =>
        step(title, (tell) => {
            note = tell;
            return work();
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
