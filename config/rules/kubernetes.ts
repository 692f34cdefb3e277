import type { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
import { problem } from "./rule";

/** Rules across keys, which no single type expresses. */
export function kubernetesRules({ kubernetes: { apiServer, networkPlugin } }: PlatformConfig): Problem[] {
    return problem(
        networkPlugin === "cilium" && apiServer?.cidrs !== undefined,
        "kubernetes.apiServer.cidrs",
        "is for networkPlugin standard: Cilium knows the API server by what it is, whatever its address; leave it out",
    );
}
