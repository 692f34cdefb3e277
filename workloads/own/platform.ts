import * as pulumi from "@pulumi/pulumi";

import type { TaskTemplate } from "../../components";
import type {
    Autoscaler,
    EventStream,
    NamespaceRef,
    ObjectStore,
    SparkRuntime,
    Tracking,
} from "../../components/contracts";
import type { Placements } from "../../components/placement";
import type { PlatformConfig } from "../../config/schema";

/** The platform as a workload of the team's own sees it: what `from` of its `store`, `stream` and `tracking` is. */
export interface Platform {
    /** Namespace that workloads run in. */
    namespace: NamespaceRef;
    images: PlatformConfig["images"];
    /** Node pools and priorities of the stack. */
    placements: Placements;
    store: ObjectStore;
    stream: EventStream;
    tracking: Tracking;
    spark: SparkRuntime;
    /** Autoscaler by the lag of a consumer group, where the cluster has one. */
    keda: Autoscaler;
}

/** Declares a workload, and gives the tasks that DAGs may start: none, if it starts by itself. */
export type DeclareWorkload = (platform: Platform, opts: pulumi.ComponentResourceOptions) => TaskTemplate[];
