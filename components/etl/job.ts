import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { accepted, componentName, nothing, placed } from "../declarations";
import { jobOnce, shortHash } from "../job-once";
import { labels } from "../labels";
import { EtlRunArgs } from "./args";
import { jobDeclaration } from "./declaration";
import { demand } from "./demand";
import { podTemplate } from "./pod";
import { createPrerequisites } from "./prerequisites";

/**
 * A workload that runs once for each version of itself: an update waits until it has ended, and fails with it. It runs again
 * when its image, arguments or settings change.
 */
export class EtlJob extends pulumi.ComponentResource {
    /** Name of the Job that runs this version. */
    readonly jobName: pulumi.Output<string>;

    constructor(name: string, args: EtlRunArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:etl:EtlJob", componentName(name), {}, opts);
        if (!accepted(jobDeclaration(name, args), placed(opts))) {
            this.jobName = nothing();
            return;
        }
        demand(`EtlJob "${name}"`, args, { pods: 1, surge: 0, once: true });
        const child = { parent: this };

        const dependsOn = createPrerequisites(name, args, child);
        const spec = runSpec(args, podTemplate(name, args, { restartPolicy: "Never" }));
        const job = jobOnce(
            name,
            {
                // A new version is a new Job.
                jobName: pulumi.output(spec).apply((known) => `${name}-${shortHash(known)}`),
                namespace: args.namespace,
                labels: labels({ name, component: "etl" }),
                spec,
                wait: runTimeout(args) + 60,
            },
            { ...child, dependsOn },
        );

        this.jobName = job.metadata.name;
        this.registerOutputs({ jobName: this.jobName });
    }
}

const runTimeout = ({ timeout = 3600 }: EtlRunArgs) => timeout;

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
