import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { imagePullSecrets } from "../cluster-settings";
import { account } from "../account";
import { caFile, NamespaceRef } from "../contracts";
import { jobOnce, shortHash } from "../job-once";
import { labels, selectorLabels } from "../labels";
import { doNotDisrupt, Placement, placementValues } from "../placement";
import { restrictedContainer } from "../restricted";
import { bundleMount } from "./access";
import { names } from "./names";
import { podSecurity } from "./pod";

export interface ReadinessArgs {
    namespace: NamespaceRef;
    /** Full name of Airflow's image. */
    image: string;
    pullPolicy: string;
    /** The API's URL. */
    url: string;
    /** Secret of the platform's CA. */
    authority: string;
    /** Nodes and priority of its pod. */
    placement: Placement;
    /** Fingerprint of the installation; a change makes the Job wait again. */
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
    const rules = [
        { apiGroups: ["apps"], resources: ["deployments"], resourceNames: names(release).deployments, verbs: ["get"] },
    ];
    const rights = account(name, namespace, { component: "orchestration", rules }, { ...opts, dependsOn: [] });
    const spec = { backoffLimit: 2, activeDeadlineSeconds: timeout, template: podTemplate(release, name, args) };
    return jobOnce(
        name,
        {
            jobName: pulumi.output([args.installed, spec]).apply((known) => `${name}-${shortHash(known)}`),
            namespace,
            labels: labels({ name, component: "orchestration" }),
            spec,
            wait: timeout + 60,
        },
        { ...opts, dependsOn: [...opts.dependsOn, ...rights] },
    );
}

function podTemplate(
    release: string,
    name: string,
    { image, pullPolicy, url, authority, placement }: ReadinessArgs,
): k8s.types.input.core.v1.PodTemplateSpec {
    const ca = bundleMount("ca", authority, caFile);
    return {
        metadata: { labels: labels({ name, component: "orchestration" }), annotations: doNotDisrupt },
        spec: {
            ...placementValues(placement),
            serviceAccountName: name,
            ...imagePullSecrets(),
            // It asks the Kubernetes API how far the Deployments are.
            automountServiceAccountToken: true,
            enableServiceLinks: false,
            restartPolicy: "Never",
            terminationGracePeriodSeconds: 5,
            securityContext: podSecurity(),
            containers: [
                {
                    name,
                    image,
                    imagePullPolicy: pullPolicy,
                    command: ["python", "-m", "platform_airflow.ready"],
                    args: [url, ...names(release).deployments],
                    env: [{ name: "CA_FILE", value: caFile }],
                    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
                    securityContext: restrictedContainer(),
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
