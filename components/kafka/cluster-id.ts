import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { imageRef } from "../../config/images";
import { PlatformConfig } from "../../config/schema";
import { apiJob, ApiJobArgs } from "../api-job";
import { clusterId } from "./stream";

export interface ClusterIdArgs extends Pick<ApiJobArgs, "namespace" | "placement" | "network"> {
    images: PlatformConfig["images"];
    /** The cluster's pools, which must be there, and the cluster not yet. */
    pools: string[];
}

/**
 * Gives a cluster of Strimzi's its id, always the same one for a stack, before the operator makes one up.
 *
 * Volumes carry the id of the cluster that has formatted them, and its nodes start on no others: a stack that was destroyed and
 * made anew would not get at the data that it has kept. The id has no place in a spec; the operator looks for it in the status of
 * the pools, which a program can't write, so that a job does.
 */
export function givenClusterId(
    cluster: string,
    { namespace, images, placement, network, pools }: ClusterIdArgs,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
    return apiJob(
        `${cluster}-cluster-id`,
        {
            namespace,
            placement,
            network,
            component: "streaming",
            // Of ours with Python, the one that changes least.
            image: imageRef("mlflow", images),
            pullPolicy: images.pullPolicy,
            program: join(__dirname, "cluster_id.py"),
            env: {
                KAFKA_NAMESPACE: namespace.name,
                KAFKA_POOLS: pools.join(" "),
                KAFKA_CLUSTER_ID: clusterId(pulumi.getProject(), pulumi.getStack(), cluster),
            },
            rules: [
                { apiGroups: ["kafka.strimzi.io"], resources: ["kafkanodepools"], verbs: ["get"] },
                { apiGroups: ["kafka.strimzi.io"], resources: ["kafkanodepools/status"], verbs: ["patch"] },
            ],
        },
        opts,
    );
}
