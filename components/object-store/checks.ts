import { readFileSync } from "node:fs";
import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { imageRef } from "../../config/images";
import { PlatformConfig } from "../../config/schema";
import { bucketThere, StoreConfig, storeApplications } from "../../config/object-store";
import { NamespaceRef, ObjectStore, SecretRef, StoreIdentity, StoreKey } from "../contracts";
import { EtlJob } from "../etl";
import { Placement } from "../placement";

export interface StoreChecksArgs {
    /** The store, as far as it is known before it has been tried. */
    store: Pick<ObjectStore, "endpoint" | "region" | "pathStyle" | "caFile" | "peers">;
    config: StoreConfig;
    /** Namespace of the Jobs. */
    namespace: NamespaceRef;
    images: PlatformConfig["images"];
    /** Nodes and priority of the Jobs. */
    placement: Placement;
    keys: Record<string, SecretRef<StoreKey>>;
    identities: Record<string, StoreIdentity>;
    /** The store's CA, if it has one of its own. */
    ca?: SecretRef<"ca.crt">;
    secretVersion: pulumi.Input<string>;
}

/** Directory in which a Job finds keys, one an application. */
const mounted = "/var/run/data-platform/store";

/** Seconds for which a Job is patient with a store that doesn't answer. */
const timeoutSeconds = 60;

/**
 * Jobs that try what each application may do in a store, all at once: one for those with keys, and one for each that is known by its
 * ServiceAccount, because a pod has only one. The update ends with the one that fails.
 */
export class StoreChecks extends pulumi.ComponentResource {
    constructor(name: string, args: StoreChecksArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:storage:StoreChecks", name, {}, opts);
        const { keys, identities } = args;
        if (Object.keys(keys).length > 0) this.job(name, Object.keys(keys), args);
        for (const application of Object.keys(identities)) {
            this.job(`${name}-${application}`, [application], args, identities[application]);
        }
        this.registerOutputs({});
    }

    private job(name: string, applications: string[], args: StoreChecksArgs, identity?: StoreIdentity): void {
        const { store, config, namespace, images, placement, keys, ca, secretVersion } = args;
        new EtlJob(
            name,
            {
                namespace,
                // Of ours with a client of S3, the one that changes least.
                image: imageRef("mlflow", images),
                pullPolicy: images.pullPolicy,
                // All that needs the store waits for it.
                placements: { critical: placement, batch: placement },
                command: ["python", "-c", readFileSync(join(__dirname, "check.py"), "utf8")],
                env: {
                    ...checkSettings(store, config, applications),
                    ...identity?.env,
                    STORE_ACCOUNT: `${namespace.name}/${name}`,
                    // Another key is tried again.
                    STORE_ROUND: identity?.secretVersion ?? secretVersion,
                },
                identity,
                volumes: [
                    ...applications
                        .filter((application) => application in keys)
                        .map((application) => ({
                            name: application,
                            mountPath: `${mounted}/${application}`,
                            kind: "secret" as const,
                            secret: keys[application],
                        })),
                    ...caVolumes(ca, store.caFile),
                ],
                services: store.peers.map((peer) => ({ peer })),
                resources: { requests: { cpu: "50m", memory: "96Mi" }, limits: { memory: "256Mi" } },
                // It is patient itself where that may help; a wrong key stays one.
                retries: 0,
                timeout: 300,
            },
            { parent: this },
        );
    }
}

/** The settings of check.py. */
export function checkSettings(
    { endpoint, region, pathStyle, caFile }: StoreChecksArgs["store"],
    config: StoreConfig,
    applications = storeApplications(config),
): Record<string, string> {
    return {
        S3_ENDPOINT: endpoint,
        S3_REGION: region,
        S3_PATH_STYLE: String(pathStyle),
        ...(caFile ? { S3_CA_FILE: caFile } : {}),
        STORE_APPLICATIONS: JSON.stringify(applications.map((application) => uses(application, config))),
        STORE_CREDENTIALS: mounted,
        STORE_TIMEOUT: String(timeoutSeconds),
    };
}

/** Uses that an application makes of each bucket, by its name there. */
function uses(name: string, config: StoreConfig) {
    const those = (which: (bucket: StoreConfig["buckets"][number]) => boolean) =>
        Object.fromEntries(
            config.buckets.filter(which).map((bucket) => [bucket.name, bucketThere(bucket.name, config)]),
        );
    const writes = those(({ writers }) => writers.includes(name));
    const reads = those(({ writers, readers = [] }) => !writers.includes(name) && readers.includes(name));
    return { name, writes, reads, others: those((bucket) => !(bucket.name in writes) && !(bucket.name in reads)) };
}

function caVolumes(ca: SecretRef<"ca.crt"> | undefined, file: string | undefined) {
    return ca && file
        ? [{ name: "store-ca", mountPath: file.replace(/\/[^/]+$/, ""), kind: "secret" as const, secret: ca }]
        : [];
}
