import * as pulumi from "@pulumi/pulumi";

import type { Network } from "./network";
import { LaunchRules } from "./orchestrator";
import { NamespaceRef } from "./peer";

/** Runtime of Spark jobs. Implementations: the Spark operator. */
export interface SparkRuntime {
    namespace: NamespaceRef;
    /** Rules for drivers, and for tasks that run jobs. */
    rules: LaunchRules;
    /** Full image name with its tag. */
    image: string;
    pullPolicy: string;
    /** Address of the jobs' event logs, e.g. `s3a://spark-events/`. */
    eventLog: string;
    /** Policy rules for the API server, which drivers start their executors by. */
    network: Network;
    /** Resource to depend on before submitting a job. */
    ready: pulumi.Resource;
}
