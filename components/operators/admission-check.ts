import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { apiJob, ApiJobArgs } from "../api-job";

export interface AdmissionCheckArgs extends Pick<ApiJobArgs, "namespace" | "pullPolicy" | "placement" | "network"> {
    /** An image that has Python, such as that of the ETL programs. */
    image: string;
    /** Fingerprint of the operator's installation: a change makes the check run again. */
    installed: unknown;
}

/**
 * Waits until the operator's webhook answers, and fails the update with its last words if it doesn't.
 *
 * That the operator is Ready isn't enough: its pod has put its certificate into the webhook's configuration by then, but the way
 * from the API server to it opens a moment later, and the webhook refuses all that it can't look at. The operator's own tests
 * find it out in the same way, by a dry run.
 */
export function admissionCheck(
    name: string,
    { installed, ...args }: AdmissionCheckArgs,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
    return apiJob(
        name,
        {
            ...args,
            component: "database",
            program: join(__dirname, "admission_check.py"),
            env: { CHECK_NAMESPACE: args.namespace.name },
            rules: [{ apiGroups: ["postgresql.cnpg.io"], resources: ["clusters"], verbs: ["create"] }],
            triggers: installed,
        },
        opts,
    );
}
