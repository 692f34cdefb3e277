import * as pulumi from "@pulumi/pulumi";

import { imageRef } from "../../config/images";
import { ObjectStoreConfig, PlatformConfig } from "../../config/schema";
import { ChartConfig } from "../../config/sections/charts";
import { storeApplications } from "../../config/object-store";
import { silo } from "../../config/versions";
import { caFile, ObjectStore, Peer, SecretRef, StoreKey } from "../contracts";
import { imageValue } from "../image-value";
import { chartLabels, prefix, usesLabel } from "../labels";
import { stackLabel } from "../namespace";
import { safeToEvict, doNotDisrupt, placementValues } from "../placement";
import { storeSecretVersion } from "../rotation";
import { passwordSecret } from "../secrets";
import { Made, Server, ServerArgs } from "../server";
import { keySecret, noApplication, noBucket } from "./keys";

export interface MinioArgs extends ServerArgs, Omit<ObjectStoreConfig, "kind" | "external"> {
    /** The chart's directory or `oci://` address, with values of the team's own if there are any. */
    chart: string | ChartConfig;
}

/** Port of the S3 API, HTTPS. */
const port = 9000;

/**
 * An S3 object store in the cluster: one MinIO server, or 4 to 16 that keep serving while one is away; one user per application
 * with a policy of its own, no default user. The number of servers is for the store's life: the chart refuses another one.
 *
 * The server is Silo, the living fork of MinIO, or what is left of MinIO itself with patches of ours; the chart serves both. It is
 * ours: upstream was archived in 2026-04, and its chart has no probes, a default console user, and deletes the volume on uninstall.
 */
export class Minio extends Server implements ObjectStore {
    readonly endpoint: string;
    readonly region: string;
    readonly pathStyle = true;
    readonly caFile = caFile;
    readonly peers: readonly Peer[];
    readonly ready: pulumi.Resource;
    /** Credentials of the administrator. */
    readonly root: SecretRef<"rootUser" | "rootPassword">;

    private readonly buckets: string[];
    private readonly users: Record<string, SecretRef<StoreKey>>;

    constructor(name: string, args: MinioArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:storage:Minio", name, args.authority, opts);
        const child = { parent: this };
        const { namespace, credentials = {}, rotation } = args;
        const secretVersion = storeSecretVersion(name, rotation, credentials, child);

        const common = { namespace, rotation, secretVersion };

        this.root = passwordSecret(
            `${name}-root`,
            {
                ...common,
                component: "storage",
                plain: {},
                passwords: {
                    rootUser: credentials["objectStore.root.accessKey"],
                    rootPassword: credentials["objectStore.root"],
                },
            },
            child,
        );
        this.users = Object.fromEntries(
            storeApplications(args).map((app) => [app, keySecret(name, app, { ...common, credentials }, child)]),
        );
        this.ready = this.install({
            chart: args.chart,
            namespace,
            // The servers have one certificate and verify each other by their own names.
            dnsNames: args.nodes > 1 ? nodeNames(name, namespace.name) : undefined,
            secrets: [this.root, ...Object.values(this.users)],
            values: (tls) => values(name, args, { ...tls, admin: this.root, users: this.users, secretVersion }),
            // One server after the other, each with half a minute to be found again by the others.
            timeout: Math.max(600, 300 + 60 * args.nodes),
            protect: args.protect,
        });

        // The job of the release makes a user of a new key; the clients, all in other namespaces, hear of it after that.
        for (const user of Object.values(this.users)) user.after = this.ready;

        // The Service has the release's name; it is known before the release is there, so that previews can show it.
        this.endpoint = `https://${name}.${namespace.name}.svc:${port}`;
        this.region = args.region;
        // Not the job's pod, which nobody calls.
        this.peers = [this.peerOf(namespace, chartLabels("minio", name, "server"), port)];
        this.buckets = args.buckets.map((bucket) => bucket.name);
        this.registerOutputs({ endpoint: this.endpoint });
    }

    bucket(name: string): string {
        if (this.buckets.includes(name)) return name;
        throw noBucket(name, this.buckets);
    }

    credentials(app: string): SecretRef<StoreKey> {
        if (app in this.users) return this.users[app];
        throw noApplication(app, Object.keys(this.users));
    }

    /** Everybody has a key. */
    identity(): undefined {
        return undefined;
    }
}

/** The names that the servers call each other by, all in one. */
export function nodeNames(name: string, namespace: string): string[] {
    return ["svc", "svc.cluster.local"].map((zone) => `*.${name}-nodes.${namespace}.${zone}`);
}

/** Chart values, pure, so that a test can read them. Secrets go in by name only. */
export function values(
    name: string,
    args: Omit<MinioArgs, "namespace" | "authority">,
    made: Made,
): Record<string, unknown> {
    const { buckets, images, nodes, placement, resources, storage, storageClass, retain } = args;
    return {
        nodes,
        image: imageValue(serverImage(args.image, images), images.pullPolicy),
        existingSecret: made.admin.name,
        tls: { existingSecret: made.certificate },
        ca: { existingSecret: made.authority },
        region: args.region,
        resources,
        storage: { size: storage, ...(storageClass ? { storageClass } : {}), retain },
        console: { enabled: args.console },
        service: { port, consolePort: 9001 },
        buckets: buckets.map(({ name, versioning = false, expireDays, quota }) => ({
            name,
            versioning,
            ...(expireDays ? { expireDays } : {}),
            ...(quota ? { quota } : {}),
        })),
        users: Object.entries(made.users).map(([app, secret]) => ({
            name: app,
            existingSecret: secret.name,
            readwrite: buckets.filter(({ writers }) => writers.includes(app)).map((bucket) => bucket.name),
            readonly: buckets
                .filter(({ writers, readers = [] }) => readers.includes(app) && !writers.includes(app))
                .map((bucket) => bucket.name),
        })),
        clients: { namespaceLabels: stackLabel(), podLabels: usesLabel(name) },
        podLabels: { [`${prefix}/system`]: "storage" },
        // Nobody stands in for a single server.
        podAnnotations: nodes > 1 ? safeToEvict : doNotDisrupt,
        ...placementValues(placement),
        podAntiAffinity: placement.podAntiAffinity ?? "preferred",
        rotation: made.secretVersion,
        keyOverlap: args.keyOverlap,
    };
}

/** Silo from its registry or where that is mirrored, with its path kept; or the image that is built of images/minio. */
function serverImage(image: ObjectStoreConfig["image"], images: PlatformConfig["images"]): string {
    return image === "built" ? imageRef("minio", images) : `${images.mirror ?? "docker.io"}/pgsty/silo:${silo}`;
}
