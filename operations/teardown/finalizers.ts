import { Identity, identityOf, KubeClient, KubeError, KubeObject, nameOf } from "../../kubernetes/client";
import { apiPath } from "../../kubernetes/objects";
import { kubectlName } from "./objects";
import type { Stuck } from "./types";

/** Controller that puts a finalizer on objects, and takes it off again once it has tidied up. */
interface Controller {
    finalizer: RegExp;
    name: string;
    /** Selector of its pods. */
    pods: (metadata: KubeObject["metadata"]) => string;
    /** Its pods run beside the object, not in a namespace of the operator's. @default false */
    beside?: boolean;
    /** Remains when the finalizer is taken off without it. */
    leaves: string;
}

/** Those whose finalizers may be cleared: what they would tidy up is either gone with the namespace or outside of Kubernetes. */
const controllers: Controller[] = [
    {
        finalizer: /^strimzi\.io\/topic-operator$/,
        name: "Strimzi's topic operator",
        pods: ({ labels = {} }) => `strimzi.io/name=${labels["strimzi.io/cluster"] ?? "kafka"}-entity-operator`,
        beside: true,
        leaves: "the topic stays in Kafka, if that is kept",
    },
    {
        finalizer: /^([\w.]+\.)?sparkoperator\.k8s\.io(\/|$)/,
        name: "the Spark operator",
        pods: () => "app.kubernetes.io/name=spark-operator,app.kubernetes.io/component=controller",
        leaves: "pods of the job go with their owner",
    },
    {
        finalizer: /^cnpg\.io\//,
        name: "CloudNativePG's server that writes",
        pods: () => "cnpg.io/podRole=instance",
        beside: true,
        leaves: "the database stays in PostgreSQL, if its volumes are kept",
    },
    {
        finalizer: /(^|\.)cert-manager\.io(\/|$)/,
        name: "cert-manager",
        pods: () => "app.kubernetes.io/name=cert-manager,app.kubernetes.io/component=controller",
        leaves: "a DNS record of a challenge may stay with its provider",
    },
    {
        finalizer: /^finalizer\.keda\.sh$/,
        name: "KEDA",
        pods: () => "app=keda-operator",
        leaves: "nothing: its autoscaler goes with the object",
    },
];

/** Finalizers of Kubernetes itself, which say what is waited for. They are never cleared. */
const builtin: Record<string, string> = {
    foregroundDeletion: "what belongs to it goes first",
    orphan: "the garbage collector is yet to let go what belongs to it",
    "kubernetes.io/pvc-protection": "a pod still uses the claim",
    "kubernetes.io/pv-protection": "a claim still holds the volume",
    "service.kubernetes.io/load-balancer-cleanup": "the cloud is yet to take its load balancer away",
    kubernetes: "something is still in it",
};

/** Diagnoses why an object that is being deleted doesn't go, whose affair that is, and what helps. */
export async function diagnose(
    object: KubeObject,
    seconds: number,
    { kube, stack, ours }: { kube: KubeClient; stack: string; ours: boolean },
): Promise<Stuck> {
    const identity = identityOf(object);
    const finalizers = object.metadata.finalizers ?? [];
    const common = { object: nameOf(identity), seconds: Math.round(seconds), finalizers };
    const describe = `kubectl describe ${kubectlName(identity)}`;
    const known = finalizers.flatMap((finalizer) => controllerOf(finalizer) ?? []).at(0);
    if (known) {
        const running = await runs(kube, known, object.metadata);
        const controller = { name: known.name, running };
        const clearable = running === false && ours;
        const why = {
            true: `waits for ${known.name}, whose pods run but don't let it go`,
            false: `waits for ${known.name}, of which no pod runs`,
            unknown: `waits for ${known.name}, whose pods may not be listed`,
        }[String(running)] as string;
        const fix = clearable
            ? `data-platform teardown --stack ${stack} --clear-finalizers (${known.leaves})`
            : running === true
              ? `kubectl logs ${podsArgument(known, object.metadata)} --tail 50`
              : `see whether it runs: kubectl get pods ${podsArgument(known, object.metadata)}; else take it off by hand: ${clearCommand(identity)}`;
        return { ...common, controller, why, fix, clearable };
    }
    const plain = finalizers.filter((finalizer) => builtin[finalizer]);
    const foreign = finalizers.filter((finalizer) => !builtin[finalizer]);
    if (foreign.length > 0) {
        return {
            ...common,
            why: `waits for whoever put ${foreign.join(", ")} on it, which isn't known here`,
            fix: `find its controller and start it; if there is none any more: ${clearCommand(identity)}`,
            clearable: false,
        };
    }
    if (identity.kind === "Pod" && plain.length === 0) {
        const node = (object.spec as { nodeName?: string } | undefined)?.nodeName;
        return {
            ...common,
            why: node ? `its node ${node} has not said that it ended` : "it has not ended",
            fix: `see whether the node is Ready: kubectl get node ${node ?? ""}; if it is gone: kubectl delete ${kubectlName(identity)} --force`,
            clearable: false,
        };
    }
    return {
        ...common,
        why: plain.map((finalizer) => builtin[finalizer]).join("; ") || "the API server has not removed it",
        fix: describe,
        clearable: false,
    };
}

/** Takes the known finalizers of a controller that doesn't run off an object that is being deleted. @returns those taken off */
export async function removeFinalizers(kube: KubeClient, identity: Identity): Promise<string[]> {
    const live = await kube.get(identity);
    if (!live?.metadata.deletionTimestamp) return [];
    const all = live.metadata.finalizers ?? [];
    const dead: string[] = [];
    for (const finalizer of all) {
        const controller = controllerOf(finalizer);
        if (controller && (await runs(kube, controller, live.metadata)) === false) dead.push(finalizer);
    }
    if (dead.length === 0) return [];
    const collection = await kube.kind(identity.apiVersion, identity.kind);
    const root = apiPath(identity.apiVersion);
    const space = identity.namespace ? `/namespaces/${identity.namespace}` : "";
    await kube.http.send({
        method: "PATCH",
        path: `${root}${space}/${collection.plural}/${encodeURIComponent(identity.name)}`,
        contentType: "application/merge-patch+json",
        body: {
            metadata: {
                // Whoever has changed it in the meantime is alive.
                resourceVersion: live.metadata.resourceVersion,
                finalizers: all.filter((finalizer) => !dead.includes(finalizer)),
            },
        },
    });
    return dead;
}

/** Tells whether an object waits for one whose finalizers may be cleared. */
export function isKnown(finalizers: string[] = []): boolean {
    return finalizers.some((finalizer) => controllerOf(finalizer) !== undefined);
}

function controllerOf(finalizer: string): Controller | undefined {
    return controllers.find((each) => each.finalizer.test(finalizer));
}

async function runs(
    kube: KubeClient,
    { pods, beside }: Controller,
    metadata: KubeObject["metadata"],
): Promise<boolean | "unknown"> {
    try {
        const found = await kube.list("v1", "Pod", {
            labels: pods(metadata),
            ...(beside ? { namespace: metadata.namespace } : {}),
        });
        return found.some(isReady);
    } catch (error) {
        if (error instanceof KubeError) return "unknown";
        throw error;
    }
}

function isReady({ metadata, status }: KubeObject): boolean {
    const conditions = (status?.conditions as { type: string; status: string }[] | undefined) ?? [];
    return !metadata.deletionTimestamp && conditions.some(({ type, status }) => type === "Ready" && status === "True");
}

function podsArgument({ pods, beside }: Controller, metadata: KubeObject["metadata"]): string {
    return `${beside ? `-n ${metadata.namespace}` : "-A"} -l ${pods(metadata)}`;
}

/** Command that clears all finalizers of an object, for a person who knows what that means. */
function clearCommand(identity: Identity): string {
    return `kubectl patch ${kubectlName(identity)} --type merge -p '{"metadata":{"finalizers":null}}'`;
}
