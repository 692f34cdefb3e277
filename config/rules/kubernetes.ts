import type { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
import { problem } from "./rule";

/** What the type of one key can't say. */
export function kubernetesRules({ kubernetes: { apiServer, networkPlugin } }: PlatformConfig): Problem[] {
    return problem(
        networkPlugin === "cilium" && apiServer?.cidrs !== undefined,
        "kubernetes.apiServer.cidrs",
        "is for networkPlugin standard: Cilium knows the API server by what it is, whatever its address; leave it out",
    );
}
