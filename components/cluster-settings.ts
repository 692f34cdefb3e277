import { PullSecret } from "../config/pull-secret";
import { clusterDns, ClusterDns, KubernetesConfig } from "../config/sections/kubernetes";
import { dnsEgress } from "./network";
import { podUsers } from "./restricted";

interface Settings extends Pick<KubernetesConfig, "dns" | "podUser"> {
    /** Login to the registry of the images. @default none */
    pullSecret?: PullSecret;
}

/** Settings of the cluster that every pod and every namespace follows; said once an evaluation, before anything is made. */
let settings: Settings = {};

/** Tells what the cluster is like, for every pod and every namespace that is made after it. */
export function onCluster(cluster: Settings): void {
    settings = cluster;
    podUsers(cluster.podUser);
}

/** The cluster's DNS. */
export function dnsOfCluster(): ClusterDns {
    return clusterDns(settings);
}

/** The login to the registry of the images, which stands in each namespace; none where the nodes have it, or it needs none. */
export function pullSecret(): PullSecret | undefined {
    return settings.pullSecret;
}

/** The field of a pod, an account or a chart's values that names that login; nothing where there is none. */
export function imagePullSecrets(): { imagePullSecrets?: { name: string }[] } {
    return settings.pullSecret ? { imagePullSecrets: [{ name: settings.pullSecret.name }] } : {};
}

/** Values of the project's own charts for a cluster that isn't as most are; none where it is. */
export function clusterValues(): Record<string, unknown> {
    return {
        ...(settings.dns ? { dns: dnsEgress(dnsOfCluster()) } : {}),
        ...imagePullSecrets(),
        ...(settings.podUser === "assigned" ? { podUser: settings.podUser } : {}),
    };
}
