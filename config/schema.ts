import { z } from "zod";

import { resources, rotation, volume } from "./parts";
import { certificates } from "./systems/certificates";
import { database } from "./systems/database";
import { orchestrator } from "./systems/orchestrator";
import { spark } from "./systems/spark";
import { tracking } from "./systems/tracking";
import { workloads } from "./systems/workloads";
import { name } from "./units";

/** The environments that have defaults of their own; config/profiles.ts holds them. */
export const profileNames = ["dev", "staging", "prod", "sandbox"] as const;

const bucket = z.strictObject({
    name: name.describe("S3 bucket name."),
    writers: z.array(name).min(1).describe("Applications that may read and write."),
    readers: z.array(name).optional().describe("Applications that may only read."),
    versioning: z.boolean().optional().describe("Keep overwritten and deleted objects. Default false."),
});

const topic = z.strictObject({
    name: z
        .string()
        .min(1)
        .max(200)
        .regex(/^[a-zA-Z0-9._-]+$/, "must be letters, digits, dots, dashes and underscores")
        .describe("Kafka topic name."),
    partitions: z.number().int().min(1).max(1000).describe("May grow later, never shrink."),
    replicas: z.number().int().min(1).max(9).optional().describe("Copies of each partition. Default: min(3, nodes)."),
    config: z.record(z.string(), z.string()).optional().describe("Topic settings, e.g. retention.ms."),
    producers: z.array(name).describe("Applications that may write."),
    consumers: z.array(name).describe("Applications that may read."),
});

const chart = z
    .string()
    .regex(
        /^(\.\/|oci:\/\/|https?:\/\/)/,
        'must be a directory of the project ("./charts/minio"), an "oci://" address or the "https://" address of a chart repository',
    )
    .describe("Where the chart comes from; its version is pinned in config/versions.ts.");

const crds = z
    .array(
        z
            .string()
            .regex(/^(\.\/|https?:\/\/)/, 'must be a file or glob of the project ("./…") or an "https://" address'),
    )
    .min(1)
    .describe("Manifests of the custom resource definitions, applied apart from the chart and kept on destroy.");

export const schema = z.strictObject({
    profile: z.enum(profileNames).describe("Which defaults apply: dev, staging, prod or sandbox."),
    kubernetes: z
        .strictObject({
            context: z.string().min(1).optional().describe("Context of the kubeconfig; without it the current one."),
        })
        .describe("The cluster. The kubeconfig is the one that kubectl would use."),
    namespaces: z
        .strictObject({
            prefix: name.optional().describe("Namespaces are <prefix>-<system>. Default: the stack's name."),
            podSecurityVersion: z
                .string()
                .regex(/^(latest|v1\.\d+)$/, 'must be "latest" or a version such as "v1.34"')
                .describe("Version of the Pod Security Standard `restricted` that every namespace enforces."),
        })
        .describe("Every system has a namespace of its own."),
    images: z
        .strictObject({
            registry: z
                .string()
                .regex(
                    /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*$/,
                    'must be a registry path such as "ghcr.io/acme/data-platform"',
                )
                .describe(
                    "Where the cluster pulls the platform's own images from; `make images` builds and pushes them.",
                ),
            pullPolicy: z.enum(["IfNotPresent", "Always", "Never"]).describe("When the kubelet pulls."),
        })
        .describe("The platform's own images."),
    charts: z
        .strictObject({
            minio: chart,
            kafka: chart,
            postgresql: chart,
            mlflow: chart,
            airflow: chart,
            sparkOperator: chart,
            certManager: chart,
        })
        .describe("Sources of the charts, for air-gapped clusters."),
    crds: z
        .strictObject({ certManager: crds, sparkOperator: crds })
        .describe("Sources of the custom resource definitions, for air-gapped clusters."),
    certificates,
    objectStore: z
        .strictObject({
            kind: z.literal("minio").describe("The maker of the object store."),
            ...volume,
            region: z.string().min(1).describe("S3 region that clients must name."),
            console: z.boolean().describe("Serve MinIO's web console inside the cluster, port 9001."),
            resources,
            rotation,
            buckets: z.array(bucket).describe("Buckets and who may use them. A bucket is never deleted."),
        })
        .describe("S3 storage."),
    eventStream: z
        .strictObject({
            kind: z.literal("kafka").describe("The maker of the event stream."),
            ...volume,
            nodes: z.number().int().min(1).max(7).describe("Combined broker and controller nodes: 1, 3, 5 or 7."),
            minInsyncReplicas: z
                .number()
                .int()
                .min(1)
                .max(9)
                .describe("Copies that must have a record before it counts as written."),
            heap: z
                .string()
                .regex(/^\d+[mg]$/, 'must be a Java heap size such as "512m" or "2g"')
                .describe("Java heap of a node."),
            resources,
            rotation,
            topics: z.array(topic).describe("Topics and who may use them. A topic is never deleted."),
        })
        .describe("Kafka."),
    database,
    spark,
    tracking,
    orchestrator,
    workloads,
    protect: z
        .boolean()
        .describe(
            "Refuse to delete what holds data. Prod insists on it: there `pulumi state unprotect` names each thing on purpose.",
        ),
    credentials: z
        .record(
            z
                .string()
                .regex(
                    /^(objectStore|eventStream|database|tracking|orchestrator)\.[a-z][-a-z0-9]*$/,
                    'must be "<system>.<user>", such as "objectStore.root"',
                ),
            z
                .string()
                .min(16)
                .max(128)
                // Kafka's settings and tools take it in quotes and in files of their own syntax.
                .regex(/^[A-Za-z0-9._~+=/-]*$/, "must be letters, digits and . _ ~ + = / - only"),
        )
        .optional()
        .describe("Passwords of your own instead of generated ones, by <system>.<user>. Set with --secret only."),
});

/** A stack's whole config, defaults filled in. */
export type PlatformConfig = z.infer<typeof schema>;
export type ObjectStoreConfig = PlatformConfig["objectStore"];
export type EventStreamConfig = PlatformConfig["eventStream"];
export type Profile = (typeof profileNames)[number];
export type { Resources } from "./parts";
