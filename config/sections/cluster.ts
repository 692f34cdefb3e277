import { z } from "zod";

import type { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
import { text } from "../texts";

export const clusterPlane = z
    .strictObject({
        mode: z
            .enum(["install", "shared"])
            .describe(
                "install: this stack makes the cluster plane (operators, their CRDs, the authority, PriorityClasses); shared: another stack on the same cluster has made it.",
            ),
        stack: text(
            "stack",
            /^([A-Za-z0-9_][A-Za-z0-9_.-]*\/[A-Za-z0-9_][A-Za-z0-9_.-]*\/)?[A-Za-z0-9_][A-Za-z0-9_.-]*$/,
            'must be a stack such as "dev" or "organization/data-platform/dev"',
        )
            .optional()
            .describe("The stack that has the cluster plane, for mode shared."),
        shareable: z
            .boolean()
            .describe(
                "For mode install: let the operators watch every namespace, so that other stacks may share this plane.",
            ),
        webhookReplicas: z
            .number()
            .int()
            .min(1)
            .max(3)
            .describe(
                "For mode install: pods of each admission webhook that refuses what it can't look at (cert-manager's, the Spark operator's). With two a drained node stops neither certificates nor Spark jobs.",
            ),
    })
    .describe("The cluster plane: what is there once a cluster.");

export type ClusterConfig = z.infer<typeof clusterPlane>;

export const clusterDefaults: ClusterConfig = { mode: "install", shareable: false, webhookReplicas: 1 };

/** What the type of one key can't say. */
export function clusterRules({ cluster: { mode, stack, shareable } }: PlatformConfig): Problem[] {
    if (mode === "install") {
        return stack === undefined
            ? []
            : [
                  {
                      key: "cluster.stack",
                      message: "is for cluster.mode shared, and that is install; change one of both",
                  },
              ];
    }
    return [
        ...(stack === undefined
            ? [
                  {
                      key: "cluster.stack",
                      message:
                          "is missing, because cluster.mode is shared; name the stack that has the cluster plane, such as dev",
                  },
              ]
            : []),
        ...(shareable
            ? [
                  {
                      key: "cluster.shareable",
                      message: "is for the stack that has the plane; with cluster.mode shared leave it false",
                  },
              ]
            : []),
    ];
}

/** The operators that this stack installs, by the keys of their definitions: what it uses of them, or all where others share them. */
export function installedOperators({
    cluster: { mode, shareable },
    eventStream,
    database,
    autoscaling,
}: Pick<PlatformConfig, "cluster" | "eventStream" | "database" | "autoscaling">): (keyof PlatformConfig["crds"])[] {
    if (mode === "shared") return [];
    return [
        "certManager",
        "sparkOperator",
        ...(shareable || eventStream.kind === "strimzi" ? (["strimzi"] as const) : []),
        ...(shareable || database.kind === "cloudnativepg" ? (["cloudNativePg"] as const) : []),
        ...(autoscaling.keda ? (["keda"] as const) : []),
    ];
}

/** Sources of the definitions that this stack needs, by config key. */
export function neededDefinitions(config: PlatformConfig): Record<string, string[]> {
    return Object.fromEntries(installedOperators(config).map((name) => [`crds.${name}`, config.crds[name]]));
}
