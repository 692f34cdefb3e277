import { z } from "zod";

import { secret } from "./secret";
import { certificates } from "./sections/certificates";
import { charts, chartValues, chartVersions } from "./sections/charts";
import { clusterPlane } from "./sections/cluster";
import { database } from "./sections/database";
import { egress } from "./sections/egress";
import { eventStream } from "./sections/event-stream";
import { ingress } from "./sections/ingress";
import { kubernetes } from "./sections/kubernetes";
import { namespaces } from "./sections/namespaces";
import { objectStore } from "./sections/object-store";
import { orchestrator } from "./sections/orchestrator";
import { secrets } from "./sections/secrets";
import { scheduling } from "./sections/scheduling";
import { spark } from "./sections/spark";
import { tracking } from "./sections/tracking";
import { workloads } from "./sections/workloads";
import { imagePlatforms } from "./platforms";
import { manifestSource, registryPath, text } from "./texts";
import { name } from "./units";

/** The environments that have defaults of their own; config/profiles.ts holds them. */
export const profileNames = ["dev", "staging", "prod", "sandbox", "ephemeral"] as const;

const crds = z
    .array(manifestSource)
    .min(1)
    .describe("Manifests of the CRDs, applied apart from the chart and kept on destroy.");

export const schema = z.strictObject({
    profile: z.enum(profileNames).describe("Which defaults apply: dev, staging, prod, sandbox or ephemeral."),
    kubernetes,
    cluster: clusterPlane,
    namespaces,
    scheduling,
    ingress,
    egress,
    images: z
        .strictObject({
            registry: registryPath
                .optional()
                .describe(
                    "Where the cluster pulls the platform's own images from; `make images` builds and pushes them. Default: the images that a release has published, where they are (`images.published`).",
                ),
            published: text(
                "projectFile",
                /^(?![/-])(?!.*\.\.)[\w./-]+\.json$/,
                'must be a file of the project such as "images/published.json"',
            )
                .optional()
                .describe(
                    "File with the images that a release has published: those whose sources haven't changed since are pulled from there, by digest, and only the others from `images.registry`. Default: images/published.json where there is no `images.registry`, else none.",
                ),
            digests: text(
                "projectFile",
                /^(?![/-])(?!.*\.\.)[\w./-]+\.json$/,
                'must be a file of the project such as "images.prod.json"',
            )
                .optional()
                .describe(
                    "File with the digests of the platform's own images, written by `make images PUSH=1 DIGESTS=<file>`; then they are pulled by `tag@digest`. The variable `DATA_PLATFORM_IMAGE_DIGESTS` comes before it. Default: by tag.",
                ),
            platforms: z
                .array(z.enum(imagePlatforms))
                .min(1)
                .optional()
                .describe(
                    "Platforms that the platform's own images are built for, which is part of their tags: what the nodes are, linux/arm64 or both say. Default: linux/amd64.",
                ),
            pullPolicy: z.enum(["IfNotPresent", "Always", "Never"]).describe("When the kubelet pulls."),
            mirror: registryPath
                .optional()
                .describe(
                    "Where upstream's images are mirrored, each under its own path (`make mirror-list`). Default: upstream's registries.",
                ),
            pullSecret: name
                .optional()
                .describe(
                    'Name of a Secret with the login to these registries that others put into each namespace of the stack. A login of the stack\'s own is credentials["images.pullSecret"]. Default: none, the nodes have it or it needs none.',
                ),
        })
        .describe("Container images."),
    charts,
    chartVersions,
    chartValues,
    crds: z
        .strictObject({ certManager: crds, sparkOperator: crds, strimzi: crds, cloudNativePg: crds, keda: crds })
        .describe("Sources of the CRDs (custom resource definitions), for air-gapped clusters."),
    autoscaling: z
        .strictObject({
            keda: z
                .boolean()
                .describe(
                    "Install KEDA among the cluster add-ons, for workloads that scale by the lag of their consumers.",
                ),
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
            text(
                "user",
                /^(images\.pullSecret|orchestrator\.gitKey|(eventStream|database|tracking|orchestrator)\.[a-z][-a-z0-9]*|objectStore\.[a-z][-a-z0-9]*(\.accessKey)?)$/,
                'must be "<system>.<user>", such as "objectStore.root"',
            ),
            // Its grammar depends on who has made it: config/rules/credentials.ts.
            secret(z.string()),
        )
        .optional()
        .describe(
            "Passwords of your own instead of generated ones, by <system>.<user>; access keys by objectStore.<user>.accessKey; the login to the registry of the images, Docker's config.json, by images.pullSecret. Set with --secret only.",
        ),
    secrets,
});

/** A stack's whole config, defaults filled in. */
export type PlatformConfig = z.infer<typeof schema>;
export type Profile = (typeof profileNames)[number];
export type { Resources } from "./common";
export type { EventStreamConfig } from "./sections/event-stream";
export type { ObjectStoreConfig } from "./sections/object-store";
