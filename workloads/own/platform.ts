import * as pulumi from "@pulumi/pulumi";

import type { OwnWorkload, TaskTemplate } from "../../components";
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
    /** Secrets of the stack's config: `from` of a `workloadSecret`. */
    secrets: PlatformConfig["secrets"];
    /** Settings of this workload in the stack file, `workloads.own.<name>`. */
    own: OwnWorkload;
    store: ObjectStore;
    stream: EventStream;
    tracking: Tracking;
    spark: SparkRuntime;
    /** Autoscaler by the lag of a consumer group, where the cluster has one. */
    keda: Autoscaler;
}

/** A workload of the team's own. */
export interface DeclaredWorkload {
    /** Name of the declaration, by which a stack file sets it. */
    name: string;
    /** Team whose it is: the templates of its tasks lie beside those of others in a ConfigMap of its own. @default own */
    team?: string;
    /** Declares it, and gives the tasks that DAGs may start: none, if it starts by itself. */
    declare: (platform: Platform, opts: pulumi.ComponentResourceOptions) => TaskTemplate[];
}
