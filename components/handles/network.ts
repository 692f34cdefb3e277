import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import type { CiliumWay } from "../cilium";
import type { OutsidePeer } from "./peer";

export type EgressRule = k8s.types.input.networking.v1.NetworkPolicyEgressRule;

/** A way out that depends on the cluster: by addresses, or by a name that its network plugin knows. */
export interface GivenWay {
    /** Rule of a NetworkPolicy. */
    rule?: EgressRule;
    /** Rule of a Cilium policy. */
    cilium?: CiliumWay;
    /** Resources to depend on before a policy has it: the proof that it leads there. @default nothing */
    after?: pulumi.Resource[];
}

/** Policy rules for endpoints that are no pods, by the stack's config. */
export interface Network {
    /** The Kubernetes API, for what talks to it: controllers, schedulers, drivers. */
    apiServer: GivenWay;
    /** Something outside of the cluster, by its host's name or address. */
    outside: (at: {
        host: string;
        port: number;
        cidrs?: string[];
    }) => Pick<OutsidePeer, "cidrs" | "name" | "dns" | "port">;
}
