import { randomBytes } from "node:crypto";

import { KubeError, type KubeClient, type KubeObject } from "../kubernetes/client";
import { extract, podOf } from "../kubernetes/pods";
import { type LocatedObject, type Manifest, mapAt, nameOf, withoutNulls } from "../kubernetes/objects";
import { type Finding, type CheckReport } from "./finding";

/** Begins the name of the namespace in which pods are shown to the API server; each time another, because one goes slowly. */
const prefix = "checks-restricted-";

/** Label by which the API server refuses what isn't restricted. */
const enforce = "pod-security.kubernetes.io/enforce";

/** The Pods of objects: those that hide, and those that Kubernetes' own kinds stand for. */
export function allPods(objects: LocatedObject[]): LocatedObject[] {
    const hidden = extract(objects).objects;
    return [...objects, ...hidden].flatMap((each) => {
        const pod = podOf(each.manifest);
        return pod ? [{ ...each, manifest: pod }] : [];
    });
}

/**
 * Has the API server itself admit each Pod to a namespace that enforces Pod Security `restricted`, without making any (dry run).
 * Only what the result doesn't depend on is changed: namespace, account and priority, which would have to exist.
 *
 * @throws KubeError when the namespace can't be made
 */
export async function admission(kube: KubeClient, pods: LocatedObject[]): Promise<CheckReport> {
    const stage = `${prefix}${randomBytes(4).toString("hex")}`;
    const namespace = {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: stage, labels: { [enforce]: "restricted" } },
    };
    await kube.apply(namespace, { force: true });
    await accountOf(kube, stage);
    try {
        const findings: Finding[] = [];
        for (const located of pods) {
            const { manifest, origin } = located;
            const refusal = await refused(kube, onStage(manifest, stage));
            if (refusal)
                findings.push({
                    tool: "admission",
                    check: "restricted",
                    object: nameOf(manifest),
                    origin,
                    message: refusal.replace(/^.*?violates PodSecurity/, "violates PodSecurity"),
                });
        }
        return { tool: "admission", objects: pods.length, findings, unchecked: [] };
    } finally {
        await kube.delete({ apiVersion: "v1", kind: "Namespace", name: stage }, "Background");
    }
}

async function refused(kube: KubeClient, pod: KubeObject): Promise<string | undefined> {
    try {
        await kube.create(pod, { dryRun: true });
        return undefined;
    } catch (error) {
        // Forbidden is the security profile's answer, Invalid the schema's.
        if (error instanceof KubeError && [400, 403, 422].includes(error.status)) return error.message;
        throw error;
    }
}

/** Pods are refused in a namespace until it has its account. */
async function accountOf(kube: KubeClient, stage: string): Promise<void> {
    const account = { apiVersion: "v1", kind: "ServiceAccount", namespace: stage, name: "default" };
    for (let tries = 0; tries < 100 && !(await kube.get(account)); tries++)
        await new Promise((resolve) => setTimeout(resolve, 100));
}

/** Fields of a pod that name what isn't there on the stage; the result doesn't depend on them. */
const references = ["priorityClassName", "priority", "serviceAccountName", "serviceAccount", "runtimeClassName"];

function onStage(manifest: Manifest, stage: string): KubeObject {
    const fields = Object.entries(mapAt(withoutNulls(manifest), "spec")).filter(([key]) => !references.includes(key));
    const { labels, annotations } = manifest.metadata;
    return {
        apiVersion: "v1",
        kind: "Pod",
        // A template's own name may be none that a Pod can have.
        metadata: { name: "checked", namespace: stage, labels, annotations },
        spec: Object.fromEntries(fields),
    };
}
