import { z } from "zod";

import type { Problem } from "../errors";
import { resources, rotation, volume } from "../parts";
import type { PlatformConfig } from "../schema";
import { region } from "../texts";
import { name } from "../units";

const bucket = z.strictObject({
    name: name.describe("S3 bucket name."),
    writers: z.array(name).min(1).describe("Applications that may read and write."),
    readers: z.array(name).optional().describe("Applications that may only read."),
    versioning: z.boolean().optional().describe("Keep overwritten and deleted objects. Default false."),
});

export const objectStore = z
    .strictObject({
        kind: z.literal("minio").describe("The maker of the object store."),
        nodes: z
            .number()
            .int()
            .min(1)
            .max(16)
            .describe("Servers, each with a volume: 1, or 4 to 16 that keep serving when some are lost."),
        ...volume,
        region: region.describe("S3 region that clients must name."),
        console: z.boolean().describe("Serve MinIO's web console inside the cluster, port 9001."),
        resources,
        rotation,
        buckets: z.array(bucket).describe("Buckets and who may use them. A bucket is never deleted."),
    })
    .describe("S3 storage.");

export type ObjectStoreConfig = z.infer<typeof objectStore>;

export const objectStoreDefaults: ObjectStoreConfig = {
    kind: "minio",
    nodes: 1,
    storage: "20Gi",
    retain: false,
    region: "us-east-1",
    console: true,
    resources: { requests: { cpu: "100m", memory: "512Mi" }, limits: { memory: "1Gi" } },
    rotation: 1,
    buckets: [
        { name: "bronze", writers: ["land"], readers: ["audit", "gold", "score", "train"] },
        { name: "gold", writers: ["gold", "score"], readers: ["train"] },
        { name: "models", writers: ["mlflow"] },
        { name: "logs", writers: ["airflow"] },
        { name: "spark-events", writers: ["gold"], readers: ["spark-history"] },
    ],
};

/** What the type of one key can't say. */
export function objectStoreRules({ objectStore: { nodes } }: PlatformConfig): Problem[] {
    return nodes === 2 || nodes === 3
        ? [
              {
                  key: "objectStore.nodes",
                  message: `${nodes} can't be: one server serves one ReadWriteOnce volume, and MinIO spreads data over at least four; use 1 or 4 to 16`,
              },
          ]
        : [];
}
