import * as k8s from "@pulumi/kubernetes";

import { PlatformConfig } from "../config/schema";

/**
 * The connection to the cluster: the kubeconfig that kubectl would use, in the context that the stack names.
 *
 * Secrets and ConfigMaps are changed in place: replacing one whose name is fixed would take it away under running pods.
 */
export function cluster(config: PlatformConfig["kubernetes"]): k8s.Provider {
    return new k8s.Provider("cluster", {
        context: config.context,
        enableSecretMutable: true,
        enableConfigMapMutable: true,
    });
}
