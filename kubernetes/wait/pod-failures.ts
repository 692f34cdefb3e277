import { KubeObject } from "../client";
import { pullCause } from "./pull-failures";

/** A pod as far as its troubles show. */
interface PodStatus {
    conditions?: { type: string; status: string; reason?: string; message?: string; lastTransitionTime?: string }[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
}

interface ContainerStatus {
    name: string;
    restartCount: number;
    ready: boolean;
    state?: { waiting?: { reason?: string; message?: string } };
    lastState?: { terminated?: { exitCode: number; reason?: string } };
}

/** Troubles that don't mend by themselves. */
const terminalReasons = ["ErrImageNeverPull", "InvalidImageName"];
/** Troubles that may: a registry or a Secret that comes a moment later, a runtime that was too busy. */
const transientReasons = [
    "ErrImagePull",
    "ImagePullBackOff",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
];
/** Restarts after which a container that crashes is given up. */
const maxRestarts = 5;
/** Milliseconds for which a lasting trouble is borne. */
const gracePeriodMs = 90_000;
/** Milliseconds by which a pod may be older than the wait for it: the server's times are whole seconds. */
const tolerance = 5_000;

/**
 * Reason why waiting for these pods is in vain, or undefined while there is hope.
 *
 * @param since when the wait began: pods of before are about to be replaced by the change that is waited for, and count only
 *     if they are still there after a while
 */
export function terminalFailure(pods: KubeObject[], since = 0, now: number = Date.now()): string | undefined {
    const counts = ({ metadata }: KubeObject) =>
        !metadata.deletionTimestamp &&
        (Date.parse(metadata.creationTimestamp ?? "") > since - tolerance || now - since > gracePeriodMs);
    for (const pod of pods.filter(counts)) {
        const { conditions = [], containerStatuses = [], initContainerStatuses = [] } = (pod.status ?? {}) as PodStatus;
        const age = now - Date.parse(pod.metadata.creationTimestamp ?? new Date(now).toISOString());
        const which = `pod ${pod.metadata.namespace ?? ""}/${pod.metadata.name}`;
        for (const { name, state, restartCount, lastState } of [...initContainerStatuses, ...containerStatuses]) {
            const { reason = "", message = "" } = state?.waiting ?? {};
            const text = `${which}, container ${name}: ${reason}${message ? `: ${message}` : ""}`;
            if (terminalReasons.includes(reason)) return text;
            if (transientReasons.includes(reason) && age > gracePeriodMs) {
                const login = /ImagePull/.test(reason) && pullCause(message) === "login";
                return login ? `${text}; the registry wants a login: docs/images.md` : text;
            }
            if (reason === "CrashLoopBackOff" && restartCount >= maxRestarts) {
                const last = lastState?.terminated;
                const how = last ? ` (last exit code ${last.exitCode}${last.reason ? `, ${last.reason}` : ""})` : "";
                return `${which}, container ${name}: crashed ${restartCount} times${how}`;
            }
        }
        const scheduled = conditions.find(({ type }) => type === "PodScheduled");
        if (scheduled?.status === "False" && scheduled.reason === "Unschedulable" && age > gracePeriodMs) {
            return `${which} fits on no node: ${scheduled.message ?? ""}`;
        }
    }
    return undefined;
}

/** Reason why a controller can't make its pods at all, from the events about it. Only what an update of the workload could mend. */
export function admissionFailure(events: KubeObject[], names: string[]): string | undefined {
    const event = events.find(({ reason, message, involvedObject }) => {
        const about = (involvedObject as { name?: string } | undefined)?.name ?? "";
        return (
            reason === "FailedCreate" &&
            names.some((name) => about === name || about.startsWith(`${name}-`)) &&
            /violates PodSecurity|exceeded quota|is invalid/.test(text(message))
        );
    });
    return event ? text(event.message) : undefined;
}

/** Describes what pods that aren't ready do at the moment, in a few words. */
export function podActivity(pods: KubeObject[]): string {
    const words = pods.flatMap((pod) => {
        const { conditions = [], containerStatuses = [] } = (pod.status ?? {}) as PodStatus;
        const phase = text(pod.status?.phase ?? "Pending");
        if (phase === "Succeeded" || conditions.some(({ type, status }) => type === "Ready" && status === "True"))
            return [];
        const reason = containerStatuses.map(({ state }) => state?.waiting?.reason).find(Boolean);
        return [`${pod.metadata.name}: ${reason ?? (phase === "Running" ? "running, not ready yet" : phase)}`];
    });
    return words.join(", ");
}

function text(value: unknown): string {
    return typeof value === "string" ? value : "";
}
