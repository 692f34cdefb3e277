import { z } from "zod";

import { text } from "../texts";

export const clusterPlane = z
    .strictObject({
        mode: z
            .enum(["install", "shared"])
            .describe(
                "install: this stack makes the cluster add-ons (operators, their CRDs, the CA, PriorityClasses); shared: another stack on the same cluster has made them.",
            ),
        stack: text(
            "stack",
            /^([A-Za-z0-9_][A-Za-z0-9_.-]*\/[A-Za-z0-9_][A-Za-z0-9_.-]*\/)?[A-Za-z0-9_][A-Za-z0-9_.-]*$/,
            'must be a stack such as "dev" or "organization/data-platform/dev"',
        )
            .optional()
            .describe("The stack that has the cluster add-ons, for mode shared."),
        shareable: z
            .boolean()
            .describe(
                "For mode install: let the operators watch every namespace, so that other stacks may share these add-ons.",
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
    .describe("The cluster add-ons, also called the cluster plane: what a cluster has once.");

export type ClusterConfig = z.infer<typeof clusterPlane>;

export const clusterDefaults: ClusterConfig = { mode: "install", shareable: false, webhookReplicas: 1 };
