import { z } from "zod";

import { sampleUsers } from "../../workloads/access";
import { maxReplicas, resources, rotation } from "../common";
import { hostPattern, text } from "../texts";

const user = z.strictObject({
    name: text(
        "trackingUser",
        /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/,
        "must be lower-case letters, digits and dashes, a letter first, at most 40",
    ).describe("The application, which signs in by this name."),
    permission: z
        .enum(["READ", "EDIT", "MANAGE"])
        .describe("What it may do with what others made: read it, change it, or delete it too. Its own it may always."),
});

export const tracking = z
    .strictObject({
        kind: z.literal("mlflow").describe("The maker of the tracking server."),
        replicas: z.number().int().min(1).max(10).describe("Servers; more than one survives the loss of a node."),
        maxReplicas,
        resources,
        rotation,
        users: z.array(user).describe("Applications with access of their own. Who leaves this list loses it."),
        allowedHosts: z
            .array(hostPattern)
            .optional()
            .describe("Host names by which it is reached from outside; requests with others are refused."),
    })
    .describe("MLflow: runs, models and who may use them.");

export type TrackingConfig = z.infer<typeof tracking>;

export const trackingDefaults: TrackingConfig = {
    kind: "mlflow",
    replicas: 1,
    resources: { requests: { cpu: "100m", memory: "320Mi" }, limits: { memory: "1Gi" } },
    rotation: 1,
    users: sampleUsers,
};

/** Users whose password may be given, as keys of `credentials`. */
export function trackingUsers({ users }: TrackingConfig): string[] {
    return ["tracking.admin", ...users.map(({ name }) => `tracking.${name}`)];
}
