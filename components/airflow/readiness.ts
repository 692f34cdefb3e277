import { createHash } from "node:crypto";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { caFile, NamespaceRef } from "../contracts";
import { labels, selectorLabels } from "../labels";
import { mayNotBeEvicted, Placement, placementValues } from "../placement";
import { bundleMount } from "./access";
import { names, user } from "./names";

export interface ReadinessArgs {
    namespace: NamespaceRef;
    /** Full name of Airflow's image. */
    image: string;
    pullPolicy: string;
    /** The API's URL. */
    url: string;
    /** Secret of the platform's authority. */
    authority: string;
    /** Where its pod runs, and how urgent it is. */
    placement: Placement;
    /** What has been installed; another one is waited for again. */
    installed: unknown;
    /** Seconds to wait. @default 600 */
    timeout?: number;
}

/** The name of the waiting Job, its account and its pods. */
export const waitingName = (name: string) => `${name}-ready`;

/**
 * Waits until what a Release has changed runs. Helm can't: it would wait for pods that wait for its hooks, which it runs
 * after that. So the Release doesn't wait, and an update waits for this Job instead, which is there once for each change.
 */
export function readiness(
    release: string,
    args: ReadinessArgs,
    opts: Omit<pulumi.CustomResourceOptions, "dependsOn"> & { dependsOn: pulumi.Resource[] },
): k8s.batch.v1.Job {
    const name = waitingName(release);
    const { namespace, timeout = 600 } = args;
    const metadata = { name, namespace: namespace.ready, labels: labels({ name, component: "orchestration" }) };
    const own = { ...opts, dependsOn: [] };
    const account = new k8s.core.v1.ServiceAccount(name, { metadata, automountServiceAccountToken: false }, own);
    const role = new k8s.rbac.v1.Role(
        name,
        {
            metadata,
            rules: [
                {
                    apiGroups: ["apps"],
                    resources: ["deployments"],
                    resourceNames: names(release).deployments,
                    verbs: ["get"],
                },
            ],
        },
        own,
    );
    const binding = new k8s.rbac.v1.RoleBinding(
        name,
        {
            metadata,
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
            subjects: [{ kind: "ServiceAccount", name, namespace: namespace.name }],
        },
        own,
    );
    const spec = {
        backoffLimit: 2,
        activeDeadlineSeconds: timeout,
        template: podTemplate(release, name, args),
    };
    return new k8s.batch.v1.Job(
        name,
        {
            metadata: {
                ...metadata,
                // A Job can't be changed: what is waited for anew is a new Job, and the old one goes first.
                name: pulumi.output([args.installed, spec]).apply((known) => `${name}-${contentHash(known)}`),
                // Without it a failed Job, unchanged, would be waited for and fail again at every update.
                annotations: { "pulumi.com/replaceUnready": "true" },
            },
            spec,
        },
        {
            ...opts,
            dependsOn: [...opts.dependsOn, account, role, binding],
            deleteBeforeReplace: true,
            customTimeouts: { create: `${timeout + 60}s` },
        },
    );
}

function podTemplate(
    release: string,
    name: string,
    { image, pullPolicy, url, authority, placement }: ReadinessArgs,
): k8s.types.input.core.v1.PodTemplateSpec {
    const ca = bundleMount("ca", authority, caFile);
    return {
        metadata: { labels: labels({ name, component: "orchestration" }), annotations: mayNotBeEvicted },
        spec: {
            ...placementValues(placement),
            serviceAccountName: name,
            // It asks the Kubernetes API how far the Deployments are.
            automountServiceAccountToken: true,
            enableServiceLinks: false,
            restartPolicy: "Never",
            terminationGracePeriodSeconds: 5,
            securityContext: {
                runAsNonRoot: true,
                runAsUser: user.uid,
                runAsGroup: user.gid,
                fsGroup: user.gid,
                seccompProfile: { type: "RuntimeDefault" },
            },
            containers: [
                {
                    name,
                    image,
                    imagePullPolicy: pullPolicy,
                    command: ["python", "-m", "platform_airflow.ready"],
                    args: [url, ...names(release).deployments],
                    env: [{ name: "CA_FILE", value: caFile }],
                    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
                    securityContext: {
                        allowPrivilegeEscalation: false,
                        readOnlyRootFilesystem: true,
                        capabilities: { drop: ["ALL"] },
                    },
                    terminationMessagePolicy: "FallbackToLogsOnError",
                    volumeMounts: [ca.mount],
                },
            ],
            volumes: [ca.volume],
        },
    };
}

/** Labels of the waiting pods, for policies. */
export function waitingLabels(release: string): Record<string, string> {
    return selectorLabels({ name: waitingName(release) });
}

function contentHash(value: unknown): string {
    return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 8);
}
