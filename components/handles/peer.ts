import * as pulumi from "@pulumi/pulumi";

import type { ClusterDns } from "../../config/sections/kubernetes";
import type { NamedEgress } from "./egress";

/** End of a connection as a NetworkPolicy selects it; `egressTo` of network.ts makes a rule of it. */
export type Peer = PodPeer | OutsidePeer;

/** Something in the cluster. */
export interface PodPeer {
    /** Namespace that it is in; plain text, so that it is known in a preview. */
    namespace: string;
    /** Labels of its pods. */
    podLabels: Record<string, string>;
    port: number;
    /** A client's pods carry these labels to be let in. */
    clientLabels: Record<string, string>;
}

/** Pods that connect to others, as the policy of those names them. */
export type ClientPeer = Pick<PodPeer, "namespace" | "podLabels">;

/**
 * Something outside of the cluster. A NetworkPolicy knows no host names: what isn't narrowed by `cidrs` is open to any address but
 * those of config/addresses.ts.
 */
export interface OutsidePeer {
    namespace?: undefined;
    /** Addresses that it may have. @default any but those that are never opened */
    cidrs?: string[];
    /** Its host's name, where the network plugin opens that instead of addresses. @default none */
    name?: string;
    /** DNS whose answers tell the addresses of that name. @default the one that most clusters have */
    dns?: ClusterDns;
    port: number;
    /** For the same words everywhere; nothing looks at them. */
    clientLabels: Record<string, string>;
}

/** A namespace of the platform: its name as text, known in a preview, and as an output that waits until it is there. */
export interface NamespaceRef {
    name: string;
    ready: pulumi.Output<string>;
    /** Ways out of its workloads by the names of hosts. @default none */
    egress?: NamedEgress;
}
