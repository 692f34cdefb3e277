import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";

import { LaunchRules, NamespaceRef } from "../contracts";
import { componentName } from "../declarations";
import { labels } from "../labels";
import { acceptsTemplates } from "./templates-declaration";

/** Template of a DAG's task. Implementations: `EtlTask`, `SparkBatch` with the mode `template`. */
export interface TaskTemplate {
    /** Name by which the DAG knows it. */
    name: string;
    /**
     * A Pod or a SparkApplication; there may be outputs in it. Secrets are named in it, never held, and in plain text: the orchestrator
     * may start what has the same account, Secrets and labels, and nothing else.
     */
    manifest: object;
    /** Number of retries of a failed run. @default what the DAG says */
    retries?: number;
    /** Seconds that one try may take. @default what the DAG says */
    timeout?: number;
    /** Resources to depend on before starting a run. */
    ready: pulumi.Resource[];
}

export interface TaskTemplatesArgs {
    /** Namespace of the orchestrator. */
    namespace: NamespaceRef;
    tasks: TaskTemplate[];
    /** Rules in which the tasks' right to start them is declared. */
    rules: LaunchRules;
    /** Schedule of the DAG. @default only when it is asked to */
    schedule?: { cron: string; timeZone: string };
    /** Schedules of further DAGs, by the names that they ask for. @default each DAG's own */
    schedules?: Record<string, { cron: string; timeZone: string }>;
}

/**
 * The templates of a DAG's tasks as files, one `<task>.yaml` each, and its `settings.json`, in a ConfigMap that the
 * orchestrator mounts. A changed template counts from the next run on; nothing is restarted for it.
 *
 * The ConfigMap's name is the component's: the orchestrator knows it. A DAG finds a task's template in all of them, by its name.
 */
export class TaskTemplates extends pulumi.ComponentResource {
    constructor(name: string, args: TaskTemplatesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:etl:TaskTemplates", componentName(name), {}, opts);
        if (!acceptsTemplates(name, args)) return;
        args.tasks.forEach(({ manifest }) => args.rules.task(manifest));
        new k8s.core.v1.ConfigMap(
            name,
            {
                metadata: { name, namespace: args.namespace.ready, labels: labels({ name, component: "etl" }) },
                data: files(args),
            },
            { parent: this, dependsOn: args.tasks.flatMap(({ ready }) => ready) },
        );
        this.registerOutputs({});
    }
}

function files({ tasks, schedule, schedules }: TaskTemplatesArgs): Record<string, pulumi.Input<string>> {
    const rules = tasks.map(({ name, retries, timeout }) => [name, { retries, timeout }]);
    const settings = {
        schedule: schedule ?? null,
        ...(schedules ? { schedules } : {}),
        tasks: Object.fromEntries(rules) as object,
    };
    return {
        "settings.json": JSON.stringify(settings, undefined, 4) + "\n",
        ...Object.fromEntries(tasks.map(({ name, manifest }) => [`${name}.yaml`, yaml(manifest)])),
    };
}

function yaml(manifest: object): pulumi.Output<string> {
    // Whole lines: Airflow shows them to people.
    return pulumi.output(manifest).apply((known) => stringify(known, { lineWidth: 0 }));
}
