import * as pulumi from "@pulumi/pulumi";

import { EventStream, ObjectStore, SparkRuntime } from "../contracts";
import { EtlArgs, EtlEgress } from "../etl/args";
import { EtlPodArgs } from "../etl/pod-args";
import { SparkSize } from "./size";

/** A batch job on Spark. Driver and executors have the same priority and run on nodes of the same kind. */
export interface SparkBatchArgs extends Pick<
    EtlArgs,
    | "placements"
    | "priority"
    | "nodeSelector"
    | "tolerations"
    | "secretEnv"
    | "secretFiles"
    | "volumes"
    | keyof EtlPodArgs
> {
    /** Runtime of the job. */
    runtime: SparkRuntime;
    /** The program: a Python file or a jar, e.g. `local:///opt/spark/jobs/gold.py` for one in the image. */
    mainApplicationFile: string;
    /** The class to start, for a jar. @default a Python program */
    mainClass?: string;
    arguments?: pulumi.Input<string>[];
    driver: SparkSize;
    executor: SparkSize & {
        /** Number of instances. @default 1 */
        instances?: number;
    };
    /** As many executors as there is work for, instead of `executor.instances`. */
    dynamicAllocation?: {
        min: number;
        max: number;
    };
    /** The event stream, and the application as which to use it. */
    stream?: { from: EventStream; as: string };
    /** The object store, and the application as which to use it. It must be a writer of the event log's bucket too. */
    store?: { from: ObjectStore; as: string };
    /** Plain settings for driver and executors; never a secret. */
    env?: Record<string, pulumi.Input<string>>;
    /** Further settings of Spark; those that the platform makes itself are refused. Never a secret. */
    conf?: Record<string, string>;
    /** Other targets. @default none */
    egress?: EtlEgress[];
    /**
     * Number of retries of a failed run by the operator, a killed driver's too.
     * @default 3, and none with mode `template`: who makes the runs tries again
     */
    retries?: number;
    /** Seconds that one try may take. @default 3600 */
    timeout?: number;
    /**
     * It ends within a minute or two: Java compiles less eagerly, which halves the CPU that such a job takes and would slow a long
     * one down. @default false
     */
    short?: boolean;
    /** Cron. @default runs once, and again when it changes */
    schedule?: string;
    /** Time zone of the schedule, e.g. Europe/Berlin. @default Etc/UTC */
    timeZone?: string;
    /** With a schedule: answer to a run that is due while another one is going on. @default Forbid */
    concurrencyPolicy?: "Forbid" | "Replace" | "Allow";
    /**
     * `run` makes it; `template` makes only what its pods need, and gives the manifest to a DAG, which makes the runs.
     * @default run
     */
    mode?: "run" | "template";
    /** Write an event log, for the history server. @default true with an object store */
    eventLog?: boolean;
    /** Seconds after which a finished run made from a template is deleted, its driver's log with it. @default 86400 */
    keepFinished?: number;
    /** Full image name with its tag. @default the runtime's */
    image?: string;
}
