import { createHash } from "node:crypto";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { labels } from "../labels";
import { EtlRunArgs } from "./args";
import { podTemplate } from "./pod";
import { surroundings } from "./surroundings";

/**
 * A workload that runs once for each version of itself: an update waits until it has ended, and fails with it. It runs again
 * when its image, arguments or settings change.
 */
export class EtlJob extends pulumi.ComponentResource {
    /** Name of the Job that runs this version. */
    readonly jobName: pulumi.Output<string>;

    constructor(name: string, args: EtlRunArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:etl:EtlJob", name, {}, opts);
        const child = { parent: this };

        const { wiring, dependsOn } = surroundings(name, args, child);
        const spec = runSpec(args, podTemplate(name, args, wiring, { restartPolicy: "Never" }));
        const job = new k8s.batch.v1.Job(
            name,
            {
                metadata: {
                    // A Job can't be changed: a new version is a new Job, and the old one goes first.
                    name: pulumi.output(spec).apply((known) => `${name}-${contentHash(known)}`),
                    namespace: args.namespace.ready,
                    labels: labels({ name, component: "etl" }),
                    // Without it a failed Job, unchanged, would be waited for and fail again at every update.
                    annotations: { "pulumi.com/replaceUnready": "true" },
                },
                spec,
            },
            {
                ...child,
                dependsOn,
                deleteBeforeReplace: true,
                // Longer than the run itself may take, so that the Job's own end is what is reported.
                customTimeouts: { create: `${runTimeout(args) + 60}s` },
            },
        );

        this.jobName = job.metadata.name;
        this.registerOutputs({ jobName: this.jobName });
    }
}

function runTimeout({ timeout = 3600 }: EtlRunArgs): number {
    return timeout;
}

/** The spec of one run, for a Job and a CronJob alike. */
export function runSpec(args: EtlRunArgs, template: k8s.types.input.core.v1.PodTemplateSpec) {
    return {
        backoffLimit: args.retries ?? 3,
        activeDeadlineSeconds: runTimeout(args),
        completions: 1,
        parallelism: 1,
        template,
    };
}

function contentHash(value: unknown): string {
    return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 8);
}
