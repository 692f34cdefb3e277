import { createHash } from "node:crypto";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { NamespaceRef } from "../contracts";
import { labels, selectorLabels } from "../labels";
import { apiServerEgress } from "../network";
import { mayNotBeEvicted, Placement, placementValues } from "../placement";
import { account } from "./runtime";

export interface WebhookCheckArgs {
    /** Namespace of the jobs. */
    namespace: NamespaceRef;
    /** Image of Spark, which has the check in it. */
    image: string;
    pullPolicy: string;
    /** Where its pod runs, and how urgent it is. */
    placement: Placement;
    /** What the operator was installed with: another one is checked again. */
    installed: unknown;
}

/** Seconds that the webhook is given to answer. */
const patience = 120;

/**
 * Finds out whether the operator's webhook works, and fails the update with a clear message if it doesn't: without it jobs would
 * run without what it adds to their pods, or not at all, and nobody would be told why.
 */
export function webhookCheck(
    name: string,
    { namespace, image, pullPolicy, placement, installed }: WebhookCheckArgs,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
    const { dependsOn, ...child } = opts;
    const rules = [{ apiGroups: ["sparkoperator.k8s.io"], resources: ["sparkapplications"], verbs: ["create"] }];
    const rights = account(name, namespace, rules, child);
    const all = labels({ name, component: "spark", version: image.slice(image.lastIndexOf(":") + 1) });
    const policy = new k8s.networking.v1.NetworkPolicy(
        name,
        {
            metadata: { name, namespace: namespace.ready, labels: all },
            spec: {
                podSelector: { matchLabels: selectorLabels({ name }) },
                policyTypes: ["Ingress", "Egress"],
                egress: [apiServerEgress],
            },
        },
        child,
    );
    const hash = createHash("sha256")
        .update(JSON.stringify([installed, image]))
        .digest("hex")
        .slice(0, 8);
    return new k8s.batch.v1.Job(
        name,
        {
            metadata: {
                // A Job can't be changed: another operator is another Job.
                name: `${name}-${hash}`,
                namespace: namespace.ready,
                labels: all,
                annotations: { "pulumi.com/replaceUnready": "true" },
            },
            spec: {
                backoffLimit: 1,
                activeDeadlineSeconds: 2 * patience + 60,
                template: {
                    metadata: { labels: all, annotations: mayNotBeEvicted },
                    spec: { ...pod(name, image, pullPolicy), ...placementValues(placement) },
                },
            },
        },
        {
            ...child,
            dependsOn: pulumi
                .output(dependsOn as pulumi.Input<pulumi.Input<pulumi.Resource>[]>)
                .apply((before) => [...(before as pulumi.Resource[]), ...rights, policy]),
            deleteBeforeReplace: true,
            customTimeouts: { create: `${2 * patience + 300}s` },
        },
    );
}

function pod(name: string, image: string, pullPolicy: string): k8s.types.input.core.v1.PodSpec {
    return {
        serviceAccountName: name,
        automountServiceAccountToken: true,
        enableServiceLinks: false,
        restartPolicy: "Never",
        securityContext: {
            runAsNonRoot: true,
            runAsUser: 185,
            runAsGroup: 185,
            fsGroup: 185,
            seccompProfile: { type: "RuntimeDefault" },
        },
        containers: [
            {
                name: "check",
                image,
                imagePullPolicy: pullPolicy,
                command: ["python3", "/opt/spark/check_webhook.py"],
                env: [{ name: "CHECK_SECONDS", value: String(patience) }],
                resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "64Mi" } },
                // What is wrong is the last thing that it says, and is kept with the pod.
                terminationMessagePolicy: "FallbackToLogsOnError",
                securityContext: {
                    allowPrivilegeEscalation: false,
                    readOnlyRootFilesystem: true,
                    capabilities: { drop: ["ALL"] },
                },
            },
        ],
    };
}
