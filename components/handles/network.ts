import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import type { CiliumWay } from "../cilium";
import type { OutsidePeer } from "./peer";

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
