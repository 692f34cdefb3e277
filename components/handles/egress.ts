import * as pulumi from "@pulumi/pulumi";

import type { Peer } from "./peer";

/** A host outside of the cluster, by its name. */
export interface NamedHost {
    /** Its name, or `*.` and a domain for every host below it. */
    host: string;
    /** @default 443 */
    port?: number;
}

/** Ways out of a workload's pods to hosts that it has named. */
export interface NamedWay {
    /** Ends of connections that its policy opens: the proxy's pods, or the hosts themselves where the network plugin knows names. */
    peers: Peer[];
    /** Address of the proxy, `http://…`; undefined where the network plugin opens the hosts themselves. */
    proxy?: string;
    /** Resources to depend on before a pod uses it. */
    ready: pulumi.Resource[];
}

/** Ways out by the names of hosts. Implementations: a proxy of the stack's own, and Cilium's policies. */
export interface NamedEgress {
    /** Opens hosts for one workload's pods; the same one each time. */
    open(workload: { namespace: string; name: string }, hosts: readonly NamedHost[]): NamedWay;
}
