import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { imageRef } from "../config/images";
import { PlatformConfig } from "../config/schema";
import { apiServerNarrowed, KubernetesConfig } from "../config/sections/kubernetes";
import { apiJob, ApiJobArgs } from "./api-job";
import { Network, networkOf } from "./network";

export interface ProvenNetworkArgs extends Pick<ApiJobArgs, "namespace" | "placement"> {
    kubernetes: KubernetesConfig;
    images: PlatformConfig["images"];
}

/** Name of the Job, its account, its policy and its pods. */
export const apiServerCheck = "api-server-check";

/**
 * Proves the way to the API server by a pod that has no other, where config narrows it, and returns the stack's policy rules.
 *
 * A range that doesn't hold the API server would cut off all that talks to it, an update that mends it included; so no other policy
 * has the way before a pod has got there by it, and an update that doesn't fails with that pod's last words.
 */
export function provenNetwork(
    { namespace, placement, kubernetes, images }: ProvenNetworkArgs,
    opts: pulumi.CustomResourceOptions,
): Network {
    const network = networkOf(kubernetes);
    const allowed = apiServerNarrowed(kubernetes);
    if (allowed === undefined) return network;
    const check = apiJob(
        apiServerCheck,
        {
            namespace,
            placement,
            network,
            component: "network",
            // Of ours with Python, the one that changes least.
            image: imageRef("mlflow", images),
            pullPolicy: images.pullPolicy,
            program: join(__dirname, "api_server_check.py"),
            env: { CHECK_ALLOWED: allowed },
            rules: [],
        },
        opts,
    );
    return { ...network, apiServer: { ...network.apiServer, after: [check] } };
}
