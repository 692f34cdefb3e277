import * as pulumi from "@pulumi/pulumi";

import type { Network } from "./network";
import { Autoscaler, OperatorRef } from "./autoscaler";
import { Issuer } from "./tls";

/** Add-ons that a cluster has once. Implementations: this stack itself, or another one whose plane this stack shares. */
export interface ClusterPlane {
    issuer: Issuer;
    operators: {
        /** Its webhook is tried where jobs run; nobody lets it in. */
        spark: Pick<OperatorRef, "ready">;
        strimzi: OperatorRef;
        cloudNativePg: OperatorRef;
        keda: Autoscaler;
    };
    /** Namespaces of the operators, by config key; plain text, for NetworkPolicies. */
    namespaces: Record<string, string>;
    /** Policy rules of this stack for endpoints that are no pods; where config narrows the way to the API server, a pod has proven it. */
    network: Network;
    /** Output for the stacks that share it; none when it is another stack's itself. */
    output?: pulumi.Input<PlaneOutput>;
}

/** Output `clusterPlaneOutput`: a stack's cluster add-ons, for the stacks that share them. Names only. */
export interface PlaneOutput {
    shareable: boolean;
    /** ClusterIssuer that signs the servers' certificates. */
    issuer: string;
    /** Namespaces of the operators that are there, by config key. */
    namespaces: Record<string, string>;
}
