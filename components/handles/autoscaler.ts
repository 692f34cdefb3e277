import * as pulumi from "@pulumi/pulumi";

import { ClientPeer } from "./peer";

/** An operator of the cluster add-ons, which makes and watches what is declared as objects of its kinds. */
export interface OperatorRef {
    /** Its pods. */
    peer: ClientPeer;
    /** Resources that come before an object of its kinds; none when another stack has seen to it. */
    ready: pulumi.Resource[];
}

/** Scales workloads by what waits for them in a system, whose policies let its pods in. Implementations: KEDA. */
export type Autoscaler = OperatorRef;
