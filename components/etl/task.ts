import * as pulumi from "@pulumi/pulumi";

import { accepted, componentName, placed } from "../declarations";
import { EtlRunArgs } from "./args";
import { taskDeclaration } from "./declaration";
import { podTemplate } from "./pod";
import { createPrerequisites } from "./prerequisites";
import { TaskTemplate } from "./templates";
import { taskContainer } from "./volumes";

/**
 * A workload that a DAG runs: all that its pod needs is made, and the pod itself is a template that `TaskTemplates` hands to
 * the orchestrator. Nothing runs until a DAG says so.
 */
export class EtlTask extends pulumi.ComponentResource {
    readonly task: TaskTemplate;

    constructor(name: string, args: EtlRunArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:etl:EtlTask", componentName(name), {}, opts);
        if (!accepted(taskDeclaration(name, args), placed(opts))) {
            this.task = { name, manifest: {}, ready: [] };
            return;
        }
        const { retries = 3, timeout = 3600 } = args;

        const dependsOn = createPrerequisites(name, args, { parent: this });
        const { metadata, spec } = podTemplate(name, args, {
            restartPolicy: "Never",
            container: { name: taskContainer },
            // The orchestrator's own limit ends the task; this one ends a pod that it has lost sight of.
            pod: { activeDeadlineSeconds: timeout },
        });
        this.task = {
            name,
            manifest: {
                apiVersion: "v1",
                kind: "Pod",
                metadata: { ...(metadata as object), name, namespace: args.namespace.name },
                spec,
            },
            retries,
            timeout,
            ready: dependsOn,
        };
        this.registerOutputs({ manifest: this.task.manifest });
    }
}
