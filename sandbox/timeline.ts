import { KubeClient, KubeObject } from "../kubernetes/client";
import { criticalPath, ResourceTime, timeName } from "../engine/builtin/times";

/** Moments of a pod, in milliseconds since 1970. */
export interface PodTimes {
    pod: string;
    scheduled?: number;
    /** Its last container has begun. */
    started?: number;
    /** Ready, or for a Job's: done. */
    ready?: number;
}

interface Event extends KubeObject {
    reason?: string;
    involvedObject?: { kind?: string; name?: string; namespace?: string };
    eventTime?: string | null;
    lastTimestamp?: string | null;
}

const moment = (text: string | null | undefined) => (text ? new Date(text).getTime() : undefined);

/** Reads when pods were scheduled, began and became ready, those that are gone too: the cluster keeps its events for an hour. */
export async function podTimes(kube: KubeClient): Promise<PodTimes[]> {
    const [events, pods] = await Promise.all([kube.list("v1", "Event"), kube.list("v1", "Pod")]);
    return timesFrom(events as Event[], pods);
}

/** Makes the table's rows out of events and pods, in the order in which they were scheduled. */
export function timesFrom(events: Event[], pods: KubeObject[]): PodTimes[] {
    const all = new Map<string, PodTimes>();
    const completed: { job: string; at: number }[] = [];
    for (const { reason, involvedObject: of, eventTime, lastTimestamp } of events) {
        const at = moment(eventTime ?? lastTimestamp);
        const name = `${of?.namespace ?? ""}/${of?.name ?? ""}`;
        if (at === undefined) continue;
        if (of?.kind === "Job" && reason === "Completed") completed.push({ job: name, at });
        if (of?.kind !== "Pod") continue;
        const row = all.get(name) ?? { pod: name };
        all.set(name, row);
        if (reason === "Scheduled") row.scheduled = at;
        if (reason === "Started") row.started = Math.max(row.started ?? 0, at);
    }
    for (const { metadata, status } of pods) {
        const row = all.get(`${metadata.namespace ?? ""}/${metadata.name}`);
        const conditions = (status?.conditions ?? []) as {
            type: string;
            status: string;
            lastTransitionTime?: string;
        }[];
        const ready = conditions.find(({ type, status: is }) => type === "Ready" && is === "True");
        if (row) row.ready = moment(ready?.lastTransitionTime);
    }
    for (const { job, at } of completed) {
        // A Job's pod has its name and five letters.
        for (const row of all.values()) if (row.pod.slice(0, -6) === job) row.ready = at;
    }
    const order = ({ scheduled, started }: PodTimes) => scheduled ?? started ?? 0;
    return [...all.values()].filter((row) => order(row) > 0).sort((one, other) => order(one) - order(other));
}

/** Rows in which the end of an update was waited for: less than this isn't worth a line, in milliseconds. */
const shortest = 200;

/** The timeline for people: what the update's end has waited for, then every pod. Times are seconds since the update began. */
export function renderTimeline(times: ResourceTime[], pods: PodTimes[]): string {
    const began = Math.min(...times.map((time) => time.began));
    const seconds = (at: number | undefined) => (at === undefined ? "" : ((at - began) / 1000).toFixed(1));
    const took = (from: number | undefined, to: number | undefined) =>
        from === undefined || to === undefined ? "" : (Math.max(0, to - from) / 1000).toFixed(1);
    const path = criticalPath(times).filter((time) => time.ended - time.began >= shortest);
    return [
        "What the update's end has waited for, one after the other",
        "",
        ...columns([
            ["", "began", "took", "ended"],
            ...path.map((time) => [
                timeName(time),
                seconds(time.began),
                took(time.began, time.ended),
                seconds(time.ended),
            ]),
        ]),
        "",
        "Pods, as they were scheduled; ready: or done, for a Job's",
        "",
        ...columns([
            ["", "scheduled", "to start", "to ready", "ready"],
            ...pods
                .filter(({ scheduled = began }) => scheduled >= began)
                .map(({ pod, scheduled, started, ready }) => [
                    pod,
                    seconds(scheduled),
                    took(scheduled, started),
                    took(started, ready),
                    seconds(ready),
                ]),
        ]),
    ].join("\n");
}

function columns(rows: string[][]): string[] {
    const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i].length)));
    return rows.map((row) =>
        row
            .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
            .join("  ")
            .trimEnd(),
    );
}
