import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { imagePullSecrets } from "./cluster-settings";
import { account } from "./account";
import { caFile, NamespaceRef, TrustBundle } from "./contracts";
import { jobOnce, shortHash } from "./job-once";
import { labels, selectorLabels, versionOf } from "./labels";
import { Network, networkPolicy } from "./network";
import { doNotDisrupt, Placement, placementValues } from "./placement";
import { restrictedContainer, restrictedPod } from "./restricted";

type Rule = k8s.types.input.rbac.v1.PolicyRule;

export interface ApiJobArgs {
    namespace: NamespaceRef;
    /** The system that it belongs to, for its labels. */
    component: string;
    /** An image with `python3`. */
    image: string;
    pullPolicy: string;
    placement: Placement;
    /** Policy rules for the API server. */
    network: Network;
    /** File of the program, in Python, beginning with what api_job.py has for it; its last words are the message of a failure. */
    program: string;
    /** Environment of the program; another one runs it again. @default none */
    env?: Record<string, string>;
    /** Names the CA whose certificate it reads from $CA_FILE. @default none */
    trust?: TrustBundle;
    /** Rights of its account, in its namespace. */
    rules: Rule[];
    /** Values whose change makes a new Job. @default nothing else that changes */
    triggers?: unknown;
    /** Seconds that it keeps on trying, or longer where attempts take long, as $API_SECONDS. @default 120 */
    timeoutSeconds?: number;
}

/**
 * A small program that asks something of the API server once, with an account of its own that may do nothing else.
 *
 * It runs again when anything about it changes, and fails the update with its last words.
 */
export function apiJob(name: string, args: ApiJobArgs, opts: pulumi.CustomResourceOptions): pulumi.Resource {
    const { namespace, component, image, placement, network, env = {}, rules, triggers, timeoutSeconds = 120 } = args;
    const command = ["python3", "-c", readFileSync(beginning, "utf8"), readFileSync(args.program, "utf8")];
    const { dependsOn, ...child } = opts;
    const all = labels({ name, component, version: versionOf(image) });
    const metadata = { name, namespace: namespace.ready, labels: labels({ name, component }) };
    const rights = account(name, namespace, { component, rules }, child);
    const policies = networkPolicy(
        name,
        {
            metadata,
            spec: {
                podSelector: { matchLabels: selectorLabels({ name }) },
                policyTypes: ["Ingress", "Egress"],
                egress: [network.apiServer],
            },
        },
        child,
    );
    return jobOnce(
        name,
        {
            // Another program is another Job.
            jobName: `${name}-${shortHash([image, command, env, rules, triggers])}`,
            namespace,
            labels: all,
            spec: {
                // No deadline: its program ends by itself, and the update that waits says of a pod that never starts why it doesn't.
                backoffLimit: 1,
                template: {
                    metadata: { labels: all, annotations: doNotDisrupt },
                    spec: {
                        ...pod(name, args, command, {
                            ...env,
                            API_ACCOUNT: tokens,
                            API_SECONDS: String(timeoutSeconds),
                            ...(args.trust ? { CA_FILE: caFile } : {}),
                        }),
                        ...placementValues(placement),
                    },
                },
            },
            wait: 2 * timeoutSeconds + 300,
        },
        {
            ...child,
            dependsOn: pulumi
                .output(dependsOn as pulumi.Input<pulumi.Input<pulumi.Resource>[]> | undefined)
                .apply((before) => [...((before ?? []) as pulumi.Resource[]), ...rights, ...policies]),
        },
    );
}

/** Runs the program that is its argument, and is imported by it. */
const beginning = join(__dirname, "api_job.py");

/** Mount path of its account's token, and of the API server's CA. */
const tokens = "/var/run/secrets/kubernetes.io/serviceaccount";

function pod(
    name: string,
    { image, pullPolicy, trust }: ApiJobArgs,
    command: string[],
    env: Record<string, string>,
): k8s.types.input.core.v1.PodSpec {
    return {
        serviceAccountName: name,
        ...imagePullSecrets(),
        automountServiceAccountToken: true,
        enableServiceLinks: false,
        restartPolicy: "Never",
        securityContext: restrictedPod({ runAsUser: 10001, runAsGroup: 10001, fsGroup: 10001 }),
        containers: [
            {
                name: "ask",
                image,
                imagePullPolicy: pullPolicy,
                command,
                env: Object.entries(env).map(([variable, value]) => ({ name: variable, value })),
                resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "64Mi" } },
                ...(trust ? { volumeMounts: [{ name: "ca", mountPath: dirname(caFile), readOnly: true }] } : {}),
                // What is wrong is the last thing that it says, and is kept with the pod.
                terminationMessagePolicy: "FallbackToLogsOnError",
                securityContext: restrictedContainer(),
            },
        ],
        ...(trust ? { volumes: [caVolume(trust)] } : {}),
    };
}

/** The CA's certificate alone. */
function caVolume({ secretName }: TrustBundle): k8s.types.input.core.v1.Volume {
    return { name: "ca", secret: { secretName, items: [{ key: "ca.crt", path: "ca.crt" }] } };
}
