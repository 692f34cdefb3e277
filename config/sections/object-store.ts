import { z } from "zod";

import { appsOf, eventLogs, sampleBuckets } from "../../workloads/access";
import { resources, rotation, volume } from "../common";
import { bucketName, bucketQuota, region } from "../texts";
import { name } from "../units";
import { externalStore } from "./object-store-external";

const bucket = z.strictObject({
    name: bucketName.describe("S3 bucket name, by S3's own rules."),
    writers: z.array(name).min(1).describe("Applications that may read and write."),
    readers: z.array(name).optional().describe("Applications that may only read."),
    versioning: z.boolean().optional().describe("Keep overwritten and deleted objects. Default false."),
    expireDays: z
        .number()
        .int()
        .min(1)
        .max(36500)
        .optional()
        .describe("Days after which an object goes, and an old version of one after as many more. Default: never."),
    quota: bucketQuota
        .optional()
        .describe(
            'Size of all that is in it, above which nothing more is taken in; "none" takes the bound away. Default: as it is, without one if nobody has set it by hand.',
        ),
});

export const objectStore = z
    .strictObject({
        kind: z
            .enum(["minio", "external"])
            .describe("The maker of the object store: MinIO in the cluster, or any S3 that is there already."),
        image: z
            .enum(["silo", "built"])
            .describe(
                "The server: silo, the maintained fork of MinIO, from docker.io/pgsty/silo or the mirror; or built, MinIO of 2026-02 with this project's patches, from images.registry (images/minio).",
            ),
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
        keyOverlap: z
            .number()
            .int()
            .min(0)
            .max(604800)
            .describe(
                "Seconds for which an application's access key stays good after rotation gave it another one, so that what runs isn't cut off; 0 ends it at once.",
            ),
        buckets: z.array(bucket).describe("Buckets and who may use them. A bucket is never deleted."),
        external: externalStore.optional(),
    })
    .describe("S3 storage.");

export type ObjectStoreConfig = z.infer<typeof objectStore>;

export const objectStoreDefaults: ObjectStoreConfig = {
    kind: "minio",
    image: "silo",
    nodes: 1,
    storage: "20Gi",
    retain: false,
    region: "us-east-1",
    console: true,
    resources: { requests: { cpu: "100m", memory: "512Mi" }, limits: { memory: "1Gi" } },
    rotation: 1,
    keyOverlap: 3600,
    buckets: [
        ...sampleBuckets,
        { name: "models", writers: ["mlflow"] },
        // Nothing else takes anything out of these two, and a full store stops every task.
        { name: "logs", writers: ["airflow"], expireDays: 90 },
        { name: eventLogs, writers: appsOf("bucket", eventLogs, "write"), readers: ["spark-history"], expireDays: 90 },
    ],
};
