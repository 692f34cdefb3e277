import { Watcher } from "../apply/context";
import { KubeObject } from "../apply/kube/client";
import { untilGone, untilReady } from "../apply/wait/ready";
import { UserError } from "../lib/errors";
import { parseResult, Result } from "./result";

/** Marks the jobs that are started by hand here, so that those of a run that was killed can be cleared away. */
const startedBy = { "data-platform.io/started-by": "sandbox" };

/** Milliseconds beyond what a job may take by its own rule. */
const grace = 60_000;

interface ContainerStatus {
    state?: { terminated?: { message?: string; finishedAt?: string } };
}

/** Deletes the jobs that an earlier, killed run has started and left. */
export async function clearLeftovers(namespace: string, watcher: Watcher): Promise<void> {
    const labels = Object.entries(startedBy).map(([key, value]) => `${key}=${value}`);
    const jobs = await watcher.kube.list("batch/v1", "Job", { namespace, labels: labels.join(",") });
    await Promise.all(jobs.map((job) => remove(job, watcher)));
}

/**
 * Runs a CronJob's job now and returns its result. The job is deleted again, whatever becomes of it.
 *
 * @throws UserError when it fails or takes longer than its own deadline: which pod, its last events and log lines.
 */
export async function runNow<T extends Result>(namespace: string, cronJob: string, watcher: Watcher): Promise<T> {
    const { kube, signal } = watcher;
    const schedule = await kube.get({ apiVersion: "batch/v1", kind: "CronJob", namespace, name: cronJob }, signal);
    if (!schedule) {
        throw new UserError(`there is no CronJob ${namespace}/${cronJob} to run`, {
            fix: "is the sample switched off (workloads.flights.enabled)? Else: make up",
        });
    }
    const job = await kube.create(jobFrom(schedule, Date.now()), { signal });
    try {
        await untilReady(job, watcher, { timeout: deadline(job) });
        return await resultOf<T>(cronJob, job, watcher);
    } finally {
        await remove(job, watcher);
    }
}

/** A Job as the CronJob's own controller would make it; owned by it, so that it starts no other meanwhile. */
export function jobFrom({ metadata, spec }: KubeObject, now: number): KubeObject {
    const template = spec?.jobTemplate as { metadata?: KubeObject["metadata"]; spec: Record<string, unknown> };
    const owner = {
        apiVersion: "batch/v1",
        kind: "CronJob",
        name: metadata.name,
        uid: metadata.uid ?? "",
        controller: true,
    };
    return {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: {
            name: `${metadata.name.slice(0, 40)}-now-${now.toString(36)}`,
            namespace: metadata.namespace,
            labels: { ...template.metadata?.labels, ...startedBy },
            annotations: { ...template.metadata?.annotations, "cronjob.kubernetes.io/instantiate": "manual" },
            ownerReferences: [owner],
        },
        spec: template.spec,
    };
}

/** The result of a job that has completed, from its newest pod. */
export async function resultOf<T extends Result>(program: string, job: KubeObject, watcher: Watcher): Promise<T> {
    const { kube, masker } = watcher;
    const { namespace = "", name } = job.metadata;
    const pods = await podsOf(job, watcher);
    const done = pods.filter(({ status }) => status?.phase === "Succeeded").at(-1);
    if (!done) {
        throw new UserError(`the pod of job ${namespace}/${name} is gone, and its result with it`, {
            fix: `delete the job and run it again: kubectl --kubeconfig ${kube.kubeconfig} -n ${namespace} delete job ${name}, then make up`,
        });
    }
    const statuses = (done.status?.containerStatuses as ContainerStatus[] | undefined) ?? [];
    const message = statuses.at(-1)?.state?.terminated?.message;
    const log = message ? "" : await kube.logs(namespace, done.metadata.name, { tailLines: 5 });
    return parseResult<T>(program, message, masker.text(log));
}

/** The job of a workload that runs once per version of itself: its newest. */
export async function jobOf(
    namespace: string,
    workload: string,
    { kube, signal }: Watcher,
): Promise<KubeObject | undefined> {
    const labels = `app.kubernetes.io/name=${workload}`;
    const jobs = await kube.list("batch/v1", "Job", { namespace, labels, signal });
    return jobs.sort(byAge).at(-1);
}

async function podsOf({ metadata }: KubeObject, { kube, signal }: Watcher): Promise<KubeObject[]> {
    const labels = `batch.kubernetes.io/job-name=${metadata.name}`;
    return (await kube.list("v1", "Pod", { namespace: metadata.namespace, labels, signal })).sort(byAge);
}

function byAge(one: KubeObject, other: KubeObject): number {
    return (one.metadata.creationTimestamp ?? "").localeCompare(other.metadata.creationTimestamp ?? "");
}

async function remove(job: KubeObject, watcher: Watcher): Promise<void> {
    const { namespace, name } = job.metadata;
    const identity = { apiVersion: "batch/v1", kind: "Job", namespace, name };
    await watcher.kube.delete(identity);
    if (!watcher.signal.aborted) await untilGone(identity, watcher, grace);
}

function deadline({ spec }: KubeObject): number {
    return Number(spec?.activeDeadlineSeconds ?? 600) * 1000 + grace;
}
