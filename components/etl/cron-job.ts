import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { accepted, componentName, nothing, placed } from "../declarations";
import { labels } from "../labels";
import { EtlRunArgs } from "./args";
import { cronJobDeclaration } from "./declaration";
import { demand } from "./demand";
import { runSpec } from "./job";
import { podTemplate } from "./pod";
import { createPrerequisites } from "./prerequisites";

export interface EtlCronJobArgs extends EtlRunArgs {
    /** Cron schedule of five fields. */
    schedule: string;
    /** @default Etc/UTC */
    timeZone?: string;
    /** Keep the schedule but start nothing. @default false */
    suspend?: boolean;
    /**
     * Answer to a run that is due while another one is going on: leave it out, end the other one for it, or run both. With `Allow` its
     * program must bear that. @default Forbid
     */
    concurrencyPolicy?: "Forbid" | "Replace" | "Allow";
    /** Seconds that a run may start late before it is left out. @default 300 */
    startingDeadline?: number;
}

/** A workload that runs on a schedule, never twice at once unless it says otherwise. */
export class EtlCronJob extends pulumi.ComponentResource {
    readonly cronJobName: pulumi.Output<string>;

    constructor(name: string, args: EtlCronJobArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:etl:EtlCronJob", componentName(name), {}, opts);
        if (!accepted(cronJobDeclaration(name, args), placed(opts))) {
            this.cronJobName = nothing();
            return;
        }
        demand(`EtlCronJob "${name}"`, args, { pods: 1, surge: 0, onDemand: true });
        const child = { parent: this };

        const dependsOn = createPrerequisites(name, args, child);
        const cronJob = new k8s.batch.v1.CronJob(
            name,
            {
                metadata: { name, namespace: args.namespace.ready, labels: labels({ name, component: "etl" }) },
                spec: {
                    schedule: args.schedule,
                    timeZone: args.timeZone ?? "Etc/UTC",
                    suspend: args.suspend ?? false,
                    concurrencyPolicy: args.concurrencyPolicy ?? "Forbid",
                    startingDeadlineSeconds: args.startingDeadline ?? 300,
                    successfulJobsHistoryLimit: 3,
                    failedJobsHistoryLimit: 3,
                    jobTemplate: {
                        metadata: { labels: labels({ name, component: "etl" }) },
                        spec: runSpec(args, podTemplate(name, args, { restartPolicy: "Never" })),
                    },
                },
            },
            { ...child, dependsOn },
        );

        this.cronJobName = cronJob.metadata.name;
        this.registerOutputs({ cronJobName: this.cronJobName });
    }
}
