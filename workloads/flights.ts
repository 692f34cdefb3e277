import * as pulumi from "@pulumi/pulumi";

import { EtlCronJob, EtlJob } from "../components";
import { EventStream, NamespaceRef, ObjectStore } from "../components/contracts";
import { imageRef } from "../config/images";
import { PlatformConfig } from "../config/schema";

export interface FlightsArgs {
    config: PlatformConfig["workloads"]["flights"];
    images: PlatformConfig["images"];
    /** Namespace that the workloads run in. */
    namespace: NamespaceRef;
    stream: EventStream;
    store: ObjectStore;
}

/** Where the etl image keeps the dataset. */
const dataset = "/opt/flights/data/flights.csv.zip";

/**
 * The sample pipeline: all flights out of New York in 2013 (336,776 rows) into the topic `flights`, from there as Parquet into
 * the bucket `bronze`, each row exactly once; and a daily count of what has landed.
 */
export function flights(
    { config, images, namespace, stream, store }: FlightsArgs,
    opts: pulumi.ComponentResourceOptions,
): void {
    if (!config.enabled) return;
    const common = { namespace, image: imageRef("etl", images.registry), pullPolicy: images.pullPolicy };
    const program = (name: string) => ["python", "-m", `flights.${name}`];

    new EtlJob(
        "ingest",
        {
            ...common,
            command: program("ingest"),
            args: [
                "--source",
                dataset,
                "--topic",
                stream.topic("flights"),
                "--progress-topic",
                stream.topic("ingest-progress"),
            ],
            stream: { from: stream, as: "ingest" },
            resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
            timeout: 900,
        },
        opts,
    );

    new EtlCronJob(
        "land",
        {
            ...common,
            command: program("land"),
            args: [
                ...["--topic", stream.topic("flights"), "--dead-letter-topic", stream.topic("flights-dead-letter")],
                ...["--bucket", store.bucket("bronze")],
            ],
            schedule: config.landSchedule,
            timeZone: config.timeZone,
            stream: { from: stream, as: "land" },
            store: { from: store, as: "land" },
            resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } },
            timeout: 900,
        },
        opts,
    );

    new EtlCronJob(
        "audit",
        {
            ...common,
            command: program("audit"),
            args: ["--bucket", store.bucket("bronze"), "--topic", stream.topic("flights")],
            schedule: config.auditSchedule,
            timeZone: config.timeZone,
            store: { from: store, as: "audit" },
            resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } },
            timeout: 900,
        },
        opts,
    );
}
