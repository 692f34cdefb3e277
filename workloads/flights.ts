import * as pulumi from "@pulumi/pulumi";

import { EtlTask, SparkBatch, TaskTemplate, TaskTemplates } from "../components";
import { EventStream, NamespaceRef, ObjectStore, SparkRuntime, Tracking } from "../components/contracts";
import { Placements } from "../components/placement";
import { imageRef } from "../config/images";
import { PlatformConfig } from "../config/schema";

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
    /** Where its pods run; the config's `priority` says how urgent they are. */
    placements: Placements;
    /** Tasks of further DAGs, handed to the orchestrator in the same place. @default none */
    more?: TaskTemplate[];
}

/** Where the etl image keeps the dataset. */
const dataset = "/opt/flights/data/flights.csv.zip";

/**
 * The sample pipeline, as tasks of the DAG `flights` (dags/flights.py): all flights out of New York in 2013 (336,776 rows) go
 * into the topic `flights`, from there as Parquet into the bucket `bronze`, each row exactly once, and are counted; joined and
 * summed up in the bucket `gold`; a model of their delays is fitted, registered, and asked to predict.
 */
export function flights(args: FlightsArgs, opts: pulumi.ComponentResourceOptions): void {
    const { config, orchestration, more = [] } = args;
    const tasks = [...(config.enabled ? sample(args, opts) : []), ...more];
    if (tasks.length === 0) return;
    new TaskTemplates(
        "flights-tasks",
        {
            namespace: orchestration,
            tasks,
            rules: args.spark.rules,
            schedule: config.schedule ? { cron: config.schedule, timeZone: config.timeZone } : undefined,
        },
        opts,
    );
}

function sample(args: FlightsArgs, opts: pulumi.ComponentResourceOptions): TaskTemplate[] {
    const { config, images, namespace, stream, store, tracking, spark, placements } = args;
    const common = { placements, priority: config.priority };
    const program = (image: "etl" | "ml", name: string) => ({
        ...common,
        namespace,
        image: imageRef(image, images),
        pullPolicy: images.pullPolicy,
        command: ["python", "-m", `flights.${name}`],
        retries: 3,
        timeout: 900,
    });
    const memory = (requested: string, limit: string) => ({
        requests: { cpu: "100m", memory: requested },
        limits: { memory: limit },
    });

    const ingest = new EtlTask(
        "ingest",
        {
            ...program("etl", "ingest"),
            args: [
                ...["--source", dataset, "--topic", stream.topic("flights")],
                ...["--progress-topic", stream.topic("ingest-progress")],
            ],
            stream: { from: stream, as: "ingest" },
            resources: memory("128Mi", "256Mi"),
        },
        opts,
    );
    const bronze = new EtlTask(
        "bronze",
        {
            ...program("etl", "land"),
            args: [
                ...["--topic", stream.topic("flights"), "--dead-letter-topic", stream.topic("flights-dead-letter")],
                ...["--bucket", store.bucket("bronze")],
            ],
            stream: { from: stream, as: "land" },
            store: { from: store, as: "land" },
            resources: memory("128Mi", "512Mi"),
        },
        opts,
    );
    const audit = new EtlTask(
        "audit",
        {
            ...program("etl", "audit"),
            args: ["--bucket", store.bucket("bronze"), "--topic", stream.topic("flights")],
            store: { from: store, as: "audit" },
            resources: memory("128Mi", "512Mi"),
        },
        opts,
    );
    const gold = new SparkBatch(
        "gold",
        {
            ...common,
            runtime: spark,
            mode: "template",
            mainApplicationFile: "local:///opt/spark/jobs/gold.py",
            arguments: [
                ...["--bronze", `s3a://${store.bucket("bronze")}/flights`, "--gold", `s3a://${store.bucket("gold")}`],
                ...["--topic", stream.topic("delays")],
            ],
            // What the programs write is small: more partitions than cores would only be more tasks.
            conf: { "spark.sql.shuffle.partitions": "4" },
            short: true,
            driver: { cpu: "100m", memory: "512m" },
            executor: { cpu: "100m", memory: "512m" },
            stream: { from: stream, as: "gold" },
            store: { from: store, as: "gold" },
            timeout: 1200,
        },
        opts,
    );
    const train = new EtlTask(
        "train",
        {
            ...program("ml", "train"),
            args: ["--bucket", store.bucket("gold")],
            store: { from: store, as: "train" },
            tracking: { from: tracking, as: "train" },
            resources: memory("384Mi", "1Gi"),
        },
        opts,
    );
    const score = new EtlTask(
        "score",
        {
            ...program("ml", "score"),
            args: ["--bucket", store.bucket("gold")],
            store: { from: store, as: "score" },
            tracking: { from: tracking, as: "score" },
            resources: memory("384Mi", "1Gi"),
        },
        opts,
    );

    return [ingest, bronze, audit, gold, train, score].map(({ task }) => task);
}
