import * as pulumi from "@pulumi/pulumi";

import { EtlTask, SparkBatch, TaskTemplate, TaskTemplates } from "../components";
import { EventStream, NamespaceRef, ObjectStore, SparkRuntime, Tracking } from "../components/contracts";
import { Placements } from "../components/placement";
import { resourcesOf } from "../config/common";
import { imageRef } from "../config/images";
import { PlatformConfig } from "../config/schema";
import { appOf, usesOf } from "./access";
import { PythonTask, SparkTask, tasks } from "./declaration";

export interface FlightsArgs {
    config: PlatformConfig["workloads"]["flights"];
    images: PlatformConfig["images"];
    /** Namespace that the workloads run in. */
    namespace: NamespaceRef;
    /** Namespace of the orchestrator, which starts them. */
    orchestration: NamespaceRef;
    stream: EventStream;
    store: ObjectStore;
    tracking: Tracking;
    spark: SparkRuntime;
    /** Nodes of its pods; the config's `priority` says how urgent they are. */
    placements: Placements;
    /** Tasks of further DAGs, handed to the orchestrator in the same place. @default none */
    more?: TaskTemplate[];
}

/**
 * The sample pipeline, as tasks of the DAG `flights` (declaration.ts, dags/flights.py): all flights out of New York in 2013
 * (336,776 rows) go into the topic `flights`, from there as Parquet into the bucket `bronze`, each row exactly once, and are
 * counted; joined and summed up in the bucket `gold`; a model of their delays is fitted, registered, and asked to predict.
 */
export function flights(args: FlightsArgs, opts: pulumi.ComponentResourceOptions): void {
    const { config, orchestration, more = [] } = args;
    const templates = [...(config.enabled ? sample(args, opts) : []), ...more];
    if (templates.length === 0) return;
    new TaskTemplates(
        "flights-tasks",
        {
            namespace: orchestration,
            tasks: templates,
            rules: args.spark.rules,
            schedule: config.schedule ? { cron: config.schedule, timeZone: config.timeZone } : undefined,
        },
        opts,
    );
}

function sample(args: FlightsArgs, opts: pulumi.ComponentResourceOptions): TaskTemplate[] {
    return tasks.map((task) => (task.image === "spark" ? sparkTask(task, args, opts) : pythonTask(task, args, opts)));
}

function pythonTask(task: PythonTask, args: FlightsArgs, opts: pulumi.ComponentResourceOptions): TaskTemplate {
    const { images, namespace } = args;
    const { name, image, memory } = task;
    return new EtlTask(
        name,
        {
            ...common(task, args),
            namespace,
            image: imageRef(image, images),
            pullPolicy: images.pullPolicy,
            command: ["python", "-m", `flights.${appOf(task)}`],
            args: words(task, args),
            tracking: task.tracking && { from: args.tracking, as: appOf(task) },
            retries: 3,
            resources: resourcesOf("100m", memory.request, memory.limit),
        },
        opts,
    ).task;
}

function sparkTask(task: SparkTask, args: FlightsArgs, opts: pulumi.ComponentResourceOptions): TaskTemplate {
    const { name, conf, short, memory } = task;
    return new SparkBatch(
        name,
        {
            ...common(task, args),
            runtime: args.spark,
            mode: "template",
            mainApplicationFile: `local:///opt/spark/jobs/${appOf(task)}.py`,
            arguments: words(task, args),
            conf,
            short,
            driver: { cpu: "100m", memory },
            executor: { cpu: "100m", memory },
        },
        opts,
    ).task;
}

/** Arguments of either form: the systems in the name of the task's application, its place and its limits. */
function common(task: PythonTask | SparkTask, { config, stream, store, placements }: FlightsArgs) {
    const { egress, timeout = 900 } = task;
    const as = appOf(task);
    return {
        stream: usesOf(task, "topic").length > 0 ? { from: stream, as } : undefined,
        store: usesOf(task, "bucket").length > 0 ? { from: store, as } : undefined,
        placements,
        priority: config.priority,
        egress,
        timeout,
    };
}

/** The arguments of a task's program; what the store calls a bucket is known to its handle. */
function words(task: PythonTask | SparkTask, { stream, store }: FlightsArgs): string[] {
    return Object.entries(task.args).flatMap(([option, value]) => {
        if (typeof value === "string") return [option, value];
        const { kind, argument = (name: string) => name } = value;
        return [option, argument(kind === "bucket" ? store.bucket(value.name) : stream.topic(value.name))];
    });
}
