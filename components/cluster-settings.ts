import { clusterDns, ClusterDns, KubernetesConfig } from "../config/sections/kubernetes";
import { dnsEgress } from "./network";
import { podUsers } from "./restricted";

type Settings = Pick<KubernetesConfig, "dns" | "podUser">;

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

/** Values of the project's own charts for a cluster that isn't as most are; none where it is. */
export function clusterValues(): Record<string, unknown> {
    return {
        ...(settings.dns ? { dns: dnsEgress(dnsOfCluster()) } : {}),
        ...(settings.podUser === "assigned" ? { podUser: settings.podUser } : {}),
    };
}
