import type { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
import { stackNameProblem } from "../stack-name";
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
        ...named(stack),
        ...problem(
            shareable,
            "cluster.shareable",
            "is for the stack that has the plane; with cluster.mode shared leave it false",
        ),
    ];
}

/** The stack that has the plane is one of these, too. */
function named(stack = "dev"): Problem[] {
    const message = stackNameProblem(stack.split("/").at(-1) ?? "");
    return message ? [{ key: "cluster.stack", message }] : [];
}
