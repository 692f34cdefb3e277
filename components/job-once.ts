import { createHash } from "node:crypto";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { NamespaceRef } from "./contracts";

export interface JobOnceArgs {
    /** Its name in the cluster, with `shortHash` of all that makes it another one: a Job can't be changed. */
    jobName: pulumi.Input<string>;
    namespace: NamespaceRef;
    labels: Record<string, string>;
    spec: pulumi.Input<k8s.types.input.batch.v1.JobSpec>;
    /** Seconds that an update waits for its end: longer than the run itself may take, so that the Job's own end is reported. */
    wait: number;
}

/** A Job that runs once for each name: another one takes the place of the old one, which goes first. An update fails with it. */
export function jobOnce(
    name: string,
    { jobName, namespace, labels, spec, wait }: JobOnceArgs,
    opts: pulumi.CustomResourceOptions,
): k8s.batch.v1.Job {
    return new k8s.batch.v1.Job(
        name,
        {
            metadata: {
                name: jobName,
                namespace: namespace.ready,
                labels,
                // Without it a failed Job, unchanged, would be waited for and fail again at every update.
                annotations: { "pulumi.com/replaceUnready": "true" },
            },
            spec,
        },
        { ...opts, deleteBeforeReplace: true, customTimeouts: { create: `${wait}s` } },
    );
}

/** The hash of a known value, short enough for the end of a name. */
export function shortHash(value: unknown): string {
    return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 8);
}
