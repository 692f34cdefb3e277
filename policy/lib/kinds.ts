import { Part, part, parts } from "./objects";

/** Type token of a Helm Release. */
export const releaseType = "kubernetes:helm.sh/v3:Release";

/** The pods that an object makes. */
export interface Pods {
    /** Of the pod template, or of the pod itself. */
    spec: Part;
    /** It serves until it is told to stop: probes say whether it does. */
    longRunning: boolean;
}

const forms: Record<string, { template: string[]; longRunning: boolean }> = {
    "kubernetes:apps/v1:Deployment": { template: ["spec", "template"], longRunning: true },
    "kubernetes:apps/v1:StatefulSet": { template: ["spec", "template"], longRunning: true },
    "kubernetes:apps/v1:DaemonSet": { template: ["spec", "template"], longRunning: true },
    "kubernetes:apps/v1:ReplicaSet": { template: ["spec", "template"], longRunning: true },
    "kubernetes:batch/v1:Job": { template: ["spec", "template"], longRunning: false },
    "kubernetes:batch/v1:CronJob": { template: ["spec", "jobTemplate", "spec", "template"], longRunning: false },
    "kubernetes:core/v1:Pod": { template: [], longRunning: false },
};

/** The pods of a workload, or undefined for an object that makes none. */
export function podsOf({ type, props }: { type: string; props: Part }): Pods | undefined {
    if (!(type in forms)) return undefined;
    const { template, longRunning } = forms[type];
    return { spec: part(props, ...template, "spec"), longRunning };
}

/** All containers of a pod, those that run before the others included. */
export function containersOf(spec: Part): Part[] {
    return [...parts(spec, "initContainers"), ...parts(spec, "containers")];
}

/** `Kafka` of `kubernetes:kafka.strimzi.io/v1:Kafka`, for an object of the group only. */
export function kindIn(group: string, type: string): string | undefined {
    const [, api, kind] = type.split(":");
    return api?.split("/")[0] === group ? kind : undefined;
}
