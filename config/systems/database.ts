import { z } from "zod";

import { resources, rotation, volume } from "../parts";

export const database = z
    .strictObject({
        kind: z.literal("postgresql").describe("The maker of the databases."),
        ...volume,
        resources,
        rotation,
    })
    .describe("PostgreSQL for Airflow and MLflow.");

export type DatabaseConfig = z.infer<typeof database>;

export const databaseDefaults: DatabaseConfig = {
    kind: "postgresql",
    storage: "10Gi",
    retain: false,
    resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } },
    rotation: 1,
};
