import type { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
import { problem } from "./rule";

/** Rules across keys, which no single type expresses. */
export function clusterRules({ cluster: { mode, stack, shareable } }: PlatformConfig): Problem[] {
    if (mode === "install") {
        return problem(
            stack !== undefined,
            "cluster.stack",
            "is for cluster.mode shared, and that is install; change one of both",
        );
    }
    return [
        ...problem(
            stack === undefined,
            "cluster.stack",
            "is missing, because cluster.mode is shared; name the stack that has the cluster plane, such as dev",
        ),
        ...problem(
            shareable,
            "cluster.shareable",
            "is for the stack that has the plane; with cluster.mode shared leave it false",
        ),
    ];
}
