import { KubeClient, KubeObject } from "../../kubernetes/client";
import { noneIfForbidden } from "./plan";
import type { Stuck } from "./types";

interface Condition {
    type: string;
    status: string;
    message?: string;
    reason?: string;
}

/**
 * Reasons by a namespace's own conditions why it is still there while being deleted.
 *
 * @param explained Whether an object in it was found that holds it; then only what else is wrong is told.
 */
export async function terminating(
    namespace: KubeObject,
    seconds: number,
    { kube, explained }: { kube: KubeClient; explained: boolean },
): Promise<Stuck | undefined> {
    const { name, finalizers = [] } = namespace.metadata;
    const conditions = ((namespace.status?.conditions as Condition[] | undefined) ?? []).filter(
        ({ status, type }) => status === "True" && type.startsWith("Namespace"),
    );
    const undiscovered = conditions.find(({ type }) => type === "NamespaceDeletionDiscoveryFailure");
    const failed = conditions.find(({ type }) => type === "NamespaceDeletionContentFailure");
    if (explained && !undiscovered && !failed) return undefined;
    const own = [...finalizers, ...((namespace.spec?.finalizers as string[] | undefined) ?? [])];
    const common = { object: `Namespace ${name}`, seconds: Math.round(seconds), finalizers: own, clearable: false };
    if (undiscovered) {
        const dead = await deadServices(kube);
        return {
            ...common,
            why: `the API server can't tell what is in it, because it can't reach ${dead.map(({ what }) => what).join(", ") || "a part of its API"}: ${undiscovered.message ?? ""}`,
            fix:
                dead.map(({ service }) => `kubectl delete apiservice ${service}`).join("; ") ||
                "kubectl get apiservices, and delete those that are not Available and that nobody serves any more",
        };
    }
    if (failed) {
        return {
            ...common,
            why: `the API server can't delete what is in it: ${failed.message ?? ""}`,
            fix: "a webhook or a conversion of an operator that is gone: kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations",
        };
    }
    const said = conditions.flatMap(({ message }) => message ?? []).join("; ");
    return {
        ...common,
        why: said || "something is still in it",
        fix: `kubectl describe namespace ${name}`,
    };
}

/** Parts of the API that somebody else should serve and doesn't. */
export async function deadServices(kube: KubeClient): Promise<{ service: string; what: string }[]> {
    const services = await kube.list("apiregistration.k8s.io/v1", "APIService").catch(noneIfForbidden);
    return services.flatMap(({ metadata, spec, status }) => {
        const conditions = (status?.conditions as Condition[] | undefined) ?? [];
        const away = conditions.find((each) => each.type === "Available" && each.status === "False");
        const by = spec?.service as { namespace?: string; name?: string } | null | undefined;
        if (!away || !by) return [];
        return [
            {
                service: metadata.name,
                what: `APIService ${metadata.name} (Service ${by.namespace}/${by.name}, ${away.reason})`,
            },
        ];
    });
}
