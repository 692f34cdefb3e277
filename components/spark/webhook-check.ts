import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { apiJob, ApiJobArgs } from "../api-job";

export interface WebhookCheckArgs extends Pick<ApiJobArgs, "namespace" | "pullPolicy" | "placement" | "network"> {
    /** Image of Spark, which has Python. */
    image: string;
    /** Fingerprint of the operator's installation: a change makes the check run again. */
    installed: unknown;
}

/** The check's name, and its account's. */
export const webhookCheckName = "spark-operator-webhook-check";

/**
 * Finds out whether the operator's webhook works, and fails the update with a clear message if it doesn't: without it jobs would
 * run without what it adds to their pods, or not at all, and nobody would be told why.
 */
export function webhookCheck(
    name: string,
    { installed, ...args }: WebhookCheckArgs,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
    return apiJob(
        name,
        {
            ...args,
            component: "spark",
            program: join(__dirname, "webhook_check.py"),
            env: { CHECK_NAMESPACE: args.namespace.name },
            rules: [{ apiGroups: ["sparkoperator.k8s.io"], resources: ["sparkapplications"], verbs: ["create"] }],
            triggers: installed,
        },
        opts,
    );
}
