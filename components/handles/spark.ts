import * as pulumi from "@pulumi/pulumi";

import type { Network } from "./network";
import { LaunchRules } from "./orchestrator";
import { NamespaceRef } from "./peer";

/** Where Spark jobs run. Makers: the Spark operator. */
export interface SparkRuntime {
    namespace: NamespaceRef;
    /** What drivers, and tasks that run jobs, are held to. */
    rules: LaunchRules;
    /** Full image name with its tag. */
    image: string;
    pullPolicy: string;
    /** Where jobs write their event logs, e.g. `s3a://spark-events/`. */
    eventLog: string;
    /** How policies name the API server, which drivers start their executors by. */
    network: Network;
    /** What must be there before a job can be submitted. */
    ready: pulumi.Resource;
}
