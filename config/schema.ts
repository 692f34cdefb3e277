import { z } from "zod";

import { secret } from "./secret";
import { certificates } from "./systems/certificates";
import { charts, chartValues, chartVersions } from "./systems/charts";
import { clusterPlane } from "./systems/cluster";
import { database } from "./systems/database";
import { eventStream } from "./systems/event-stream";
import { ingress } from "./systems/ingress";
import { namespaces } from "./systems/namespaces";
import { objectStore } from "./systems/object-store";
import { orchestrator } from "./systems/orchestrator";
import { scheduling } from "./systems/scheduling";
import { spark } from "./systems/spark";
import { tracking } from "./systems/tracking";
import { workloads } from "./systems/workloads";

/** The environments that have defaults of their own; config/profiles.ts holds them. */
export const profileNames = ["dev", "staging", "prod", "sandbox", "ephemeral"] as const;

const crds = z
    .array(
        z
            .string()
            .regex(/^(\.\/|https?:\/\/)/, 'must be a file or glob of the project ("./…") or an "https://" address'),
    )
    .min(1)
    .describe("Manifests of the custom resource definitions, applied apart from the chart and kept on destroy.");

export const schema = z.strictObject({
    profile: z.enum(profileNames).describe("Which defaults apply: dev, staging, prod, sandbox or ephemeral."),
    kubernetes: z
        .strictObject({
            context: z.string().min(1).optional().describe("Context of the kubeconfig; without it the current one."),
        })
        .describe("The cluster. The kubeconfig is the one that kubectl would use."),
    cluster: clusterPlane,
    namespaces,
    scheduling,
    ingress,
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
            mirror: z
                .string()
                .regex(
                    /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*$/,
                    'must be a registry path such as "registry.example.com/mirror"',
                )
                .optional()
                .describe(
                    "Where upstream's images are mirrored, each under its own path (`make mirror-list`). Default: upstream's registries.",
                ),
        })
        .describe("Container images."),
    charts,
    chartVersions,
    chartValues,
    crds: z
        .strictObject({ certManager: crds, sparkOperator: crds, strimzi: crds, cloudNativePg: crds, keda: crds })
        .describe("Sources of the custom resource definitions, for air-gapped clusters."),
    autoscaling: z
        .strictObject({
            keda: z
                .boolean()
                .describe("Install KEDA in the cluster plane, for workloads that scale by the lag of their consumers."),
        })
        .describe("Scaling by what there is to do."),
    certificates,
    objectStore,
    eventStream,
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
                    /^((eventStream|database|tracking|orchestrator)\.[a-z][-a-z0-9]*|objectStore\.[a-z][-a-z0-9]*(\.accessKey)?)$/,
                    'must be "<system>.<user>", such as "objectStore.root"',
                ),
            secret(
                z
                    .string()
                    .min(16)
                    .max(128)
                    // Kafka's settings and tools take it in quotes and in files of their own syntax.
                    .regex(/^[A-Za-z0-9._~+=/-]*$/, "must be letters, digits and . _ ~ + = / - only"),
            ),
        )
        .optional()
        .describe(
            "Passwords of your own instead of generated ones, by <system>.<user>; access keys by objectStore.<user>.accessKey. Set with --secret only.",
        ),
});

/** A stack's whole config, defaults filled in. */
export type PlatformConfig = z.infer<typeof schema>;
export type Profile = (typeof profileNames)[number];
export type { Resources } from "./parts";
export type { EventStreamConfig } from "./systems/event-stream";
export type { ObjectStoreConfig } from "./systems/object-store";
