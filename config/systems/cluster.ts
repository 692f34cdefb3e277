import { z } from "zod";

import type { Problem } from "../errors";
import type { PlatformConfig } from "../schema";

export const clusterPlane = z
    .strictObject({
        mode: z
            .enum(["install", "shared"])
            .describe(
                "install: this stack makes the cluster plane (operators, their CRDs, the authority, PriorityClasses); shared: another stack on the same cluster has made it.",
            ),
        stack: z
            .string()
            .regex(
                /^([A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+\/)?[A-Za-z0-9_.-]+$/,
                'must be a stack such as "dev" or "organization/data-platform/dev"',
            )
            .optional()
            .describe("The stack that has the cluster plane, for mode shared."),
        shareable: z
            .boolean()
            .describe(
                "For mode install: let the operators watch every namespace, so that other stacks may share this plane.",
            ),
    })
    .describe("The cluster plane: what is there once a cluster.");

export type ClusterConfig = z.infer<typeof clusterPlane>;

export const clusterDefaults: ClusterConfig = { mode: "install", shareable: false };

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
