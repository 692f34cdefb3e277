import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { CiliumWay } from "./cilium";

/** Where something listens, as a NetworkPolicy needs it; `egressTo` of network.ts makes a rule of it. */
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
    port: number;
    /** For the same words everywhere; nothing looks at them. */
    clientLabels: Record<string, string>;
}

export type EgressRule = k8s.types.input.networking.v1.NetworkPolicyEgressRule;

/** A way out that depends on the cluster: by addresses, or by a name that its network plugin knows. */
export interface GivenWay {
    /** What a NetworkPolicy says of it. */
    rule?: EgressRule;
    /** What a policy of Cilium's own says of it. */
    cilium?: CiliumWay;
    /** What must be there before a policy has it: the proof that it leads there. @default nothing */
    after?: pulumi.Resource[];
}

/** How policies name what is no pod, by the stack's config. */
export interface Network {
    /** The Kubernetes API, for what talks to it: controllers, schedulers, drivers. */
    apiServer: GivenWay;
    /** Something outside of the cluster, by its host's name or address. */
    outside: (at: { host: string; port: number; cidrs?: string[] }) => Pick<OutsidePeer, "cidrs" | "name" | "port">;
}
