import { z } from "zod";

import { resources, rotation } from "../parts";

export const tracking = z
    .strictObject({
        kind: z.literal("mlflow").describe("The maker of the tracking server."),
        replicas: z.number().int().min(1).max(10).describe("Servers; more than one survives the loss of a node."),
        resources,
        rotation,
        allowedHosts: z.array(z.string().min(1)).optional().describe("Host names by which it is reached from outside."),
    })
    .describe("MLflow: runs, models and who may use them.");

export type TrackingConfig = z.infer<typeof tracking>;

export const trackingDefaults: TrackingConfig = {
    kind: "mlflow",
    replicas: 1,
    resources: { requests: { cpu: "100m", memory: "512Mi" }, limits: { memory: "1536Mi" } },
    rotation: 1,
};
