import { KubeObject } from "../client";
import { Condition, conditionsOf, unmetCondition } from "./wait-for";

/** Status of an object: ready; waiting, and what is missing; or failed, and why. */
export type Readiness = { state: "ready" } | { state: "waiting"; for: string } | { state: "failed"; why: string };

const ready: Readiness = { state: "ready" };
const waiting = (what: string): Readiness => ({ state: "waiting", for: what });

/** Finds an object's status by its kind as Pulumi's Kubernetes provider does; kinds that nobody waits for are ready at once. */
export function readiness(object: KubeObject): Readiness {
    const skip = object.metadata.annotations?.["pulumi.com/skipAwait"];
    if (skip === "true") return ready;
    const asked = object.metadata.annotations?.["pulumi.com/waitFor"];
    if (asked) {
        const lacking = unmetCondition(object, asked);
        return lacking ? waiting(lacking) : ready;
    }
    return readinessByKind[object.kind]?.(object) ?? ready;
}

const readinessByKind: Record<string, (object: KubeObject) => Readiness> = {
    Namespace: ({ status }) => (status?.phase === "Active" ? ready : waiting("to become active")),
    Pod: (pod) => {
        const { phase = "Pending" } = (pod.status ?? {}) as { phase?: string };
        if (phase === "Failed") return { state: "failed", why: "the pod failed" };
        return phase === "Succeeded" || isTrue(pod, "Ready") ? ready : waiting(`the pod, which is ${phase}`);
    },
    Job: (job) => {
        if (isTrue(job, "Complete")) return ready;
        const failed = condition(job, "Failed");
        if (failed?.status === "True") return { state: "failed", why: said(failed, "the job failed") };
        const { active = 0, failed: tries = 0 } = (job.status ?? {}) as { active?: number; failed?: number };
        return waiting(`the job to end (${active} running${tries > 0 ? `, ${tries} failed tries` : ""})`);
    },
    Deployment: (deployment) => {
        const { replicas = 1 } = (deployment.spec ?? {}) as { replicas?: number };
        const status = (deployment.status ?? {}) as Partial<Record<string, number>>;
        const progress = condition(deployment, "Progressing");
        if (progress?.status === "False" && isObserved(deployment)) {
            return { state: "failed", why: said(progress, "the rollout stopped") };
        }
        return rollout(deployment, [
            [status.updatedReplicas, replicas, "updated"],
            [status.availableReplicas, replicas, "available"],
            [replicas, status.replicas, "wanted, old ones are ending"],
        ]);
    },
    StatefulSet: (set) => {
        const { replicas = 1, updateStrategy } = (set.spec ?? {}) as {
            replicas?: number;
            updateStrategy?: { type?: string };
        };
        const status = (set.status ?? {}) as Partial<Record<string, number>> & {
            updateRevision?: string;
            currentRevision?: string;
        };
        const rolls = updateStrategy?.type !== "OnDelete" && status.updateRevision !== status.currentRevision;
        return rollout(set, [
            [status.readyReplicas, replicas, "ready"],
            ...(rolls ? ([[status.updatedReplicas, replicas, "updated"]] as Progress[]) : []),
        ]);
    },
    DaemonSet: (set) => {
        const status = (set.status ?? {}) as Partial<Record<string, number>>;
        const wanted = status.desiredNumberScheduled ?? 0;
        return rollout(set, [
            [status.updatedNumberScheduled, wanted, "updated"],
            [status.numberReady, wanted, "ready"],
        ]);
    },
    PersistentVolumeClaim: (claim) => {
        if (claim.status?.phase === "Bound") return ready;
        // The scheduler says which node when somebody uses it; until then nothing happens, by the class's own rule.
        return claim.metadata.annotations?.["volume.kubernetes.io/selected-node"] ? waiting("to be bound") : ready;
    },
    CustomResourceDefinition: (definition) => {
        if (isTrue(definition, "Established")) return ready;
        const names = condition(definition, "NamesAccepted");
        // Another definition has one of its names; it may go.
        const why = names?.status === "False" ? `: ${said(names, "its names are taken")}` : "";
        return waiting(`to be established${why}`);
    },
    ValidatingAdmissionPolicy: (policy) => {
        // Looked at once a change, against the kinds that it matches: an expression that doesn't fit them would fail when it counts.
        if (!isObserved(policy)) return waiting("its expressions to be checked");
        const { expressionWarnings = [] } = (policy.status?.typeChecking ?? {}) as {
            expressionWarnings?: { fieldRef: string; warning: string }[];
        };
        const [first] = expressionWarnings;
        return first ? { state: "failed", why: `${first.fieldRef}: ${first.warning.trim()}` } : ready;
    },
};

type Progress = [have: number | undefined, want: number | undefined, what: string];

/** Tells whether the status speaks of the object as it is now. */
function isObserved({ metadata, status }: KubeObject): boolean {
    return Number(status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
}

function rollout(object: KubeObject, numbers: Progress[]): Readiness {
    if (!isObserved(object)) return waiting("its controller to notice the change");
    const short = numbers.find(([have = 0, want = 0]) => have < want);
    return short ? waiting(`${short[0] ?? 0} of ${short[1] ?? 0} pods ${short[2]}`) : ready;
}

function condition(object: KubeObject, type: string): Condition | undefined {
    return conditionsOf(object).find((each) => each.type === type);
}

function isTrue(object: KubeObject, type: string): boolean {
    return condition(object, type)?.status === "True";
}

function said({ reason, message }: Condition, otherwise: string): string {
    return [reason, message].filter(Boolean).join(": ") || otherwise;
}
