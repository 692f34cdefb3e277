import * as pulumi from "@pulumi/pulumi";

import type { KubernetesConfig } from "../../config/sections/kubernetes";
import type { NamespaceRef, Network } from "../contracts";
import { EgressByPlugin } from "./by-plugin";
import { EgressProxy, EgressProxyArgs } from "./proxy";

export { javaProxyOptions, proxyEnvironment, proxyVariables } from "./environment";

interface NamedEgressArgs extends EgressProxyArgs {
    kubernetes: Pick<KubernetesConfig, "networkPlugin">;
    /** Policy rules for hosts, where the network plugin knows their names. */
    network: Network;
}

/**
 * Gives a namespace's workloads ways out by the names of hosts (`egress: [{ host: "api.example.com" }]`).
 *
 * NetworkPolicies know no names, so a proxy of the stack's own does that; with Cilium its policies do. Nothing is made until a
 * workload names a host.
 */
export function withNamedEgress(
    namespace: NamespaceRef,
    { kubernetes, network, ...args }: NamedEgressArgs,
    opts: pulumi.ComponentResourceOptions,
): NamespaceRef {
    if (kubernetes.networkPlugin === "cilium") return { ...namespace, egress: new EgressByPlugin(network) };
    let proxy: EgressProxy | undefined;
    return {
        ...namespace,
        egress: {
            open: (workload, hosts) => (proxy ??= new EgressProxy("egress-proxy", args, opts)).open(workload, hosts),
        },
    };
}
