import type { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
import { problem } from "./rule";

/** Rules across keys, which no single type expresses. */
export function kubernetesRules({ kubernetes: { apiServer, dns, networkPlugin } }: PlatformConfig): Problem[] {
    return [
        ...problem(
            networkPlugin === "cilium" && apiServer?.cidrs !== undefined,
            "kubernetes.apiServer.cidrs",
            "is for networkPlugin standard: Cilium knows the API server by what it is, whatever its address; leave it out",
        ),
        ...problem(
            networkPlugin === "cilium" && dns?.addresses !== undefined,
            "kubernetes.dns.addresses",
            "is for networkPlugin standard: Cilium knows a node's address as the node, and leads look-ups to the cache's pods; leave it out, and name those in kubernetes.dns.pods, such as k8s-app node-local-dns in kube-system",
        ),
    ];
}
