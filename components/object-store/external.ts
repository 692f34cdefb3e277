import * as pulumi from "@pulumi/pulumi";

import { PlatformConfig } from "../../config/schema";
import {
    bucketThere,
    hostOf,
    storeAddress,
    storeApplications,
    StoreConfig,
    stsAddress,
} from "../../config/object-store";
import { caSecret } from "../ca-secret";
import {
    NamespaceRef,
    ObjectStore,
    OutsidePeer,
    Peer,
    SecretRef,
    StoreIdentity,
    StoreKey,
    TrustBundle,
} from "../contracts";
import { usesLabel } from "../labels";
import { Network } from "../network";
import { Placement } from "../placement";
import { storeSecretVersion } from "../rotation";
import { StoreChecks } from "./checks";
import { identities } from "./identity";
import { keySecret, noApplication, noBucket } from "./keys";

export interface ExternalStoreArgs {
    /** Address, buckets and applications of the store. */
    config: StoreConfig;
    /** Namespace that the Secrets live in, and the Jobs that try them. */
    namespace: NamespaceRef;
    images: PlatformConfig["images"];
    /** Nodes and priority of those Jobs. */
    placement: Placement;
    /** Policy rules for its host. */
    network: Network;
    /** The keys of applications, by `objectStore.<application>` and `objectStore.<application>.accessKey`. */
    credentials: Record<string, string>;
}

/** Path of a CA of its own, for clients; the usual place has the platform's. */
const ownCaFile = "/etc/data-platform/store-ca/ca.crt";

/**
 * An S3 that is there already, with its buckets and its users. Nothing is made in it: Jobs try what each application may do first, and
 * what needs the store waits for that.
 */
export class ExternalStore extends pulumi.ComponentResource implements ObjectStore {
    readonly endpoint: string;
    readonly region: string;
    readonly pathStyle: boolean;
    readonly caFile?: string;
    readonly peers: readonly Peer[];
    readonly ready: pulumi.Resource;

    private readonly config: StoreConfig;
    private readonly keys: Record<string, SecretRef<StoreKey>>;
    private readonly identities: Record<string, StoreIdentity>;
    private readonly ca?: SecretRef<"ca.crt">;

    constructor(name: string, args: ExternalStoreArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:storage:ExternalStore", name, {}, opts);
        const child = { parent: this };
        const { config, namespace, images, placement, network, credentials } = args;
        const { external = {} } = config;

        this.config = config;
        const { endpoint, pathStyle } = storeAddress(config);
        this.endpoint = endpoint;
        this.pathStyle = pathStyle;
        this.region = config.region;
        if (external.ca) {
            this.caFile = ownCaFile;
            this.ca = caSecret(`${name}-ca`, external.ca, { namespace, component: "storage" }, child);
        }
        this.peers = peers(config, network).map((peer) => ({ ...peer, clientLabels: usesLabel(name) }));
        this.identities = identities(config, this.caFile);

        // Keys come from the config alone: there is nothing to rotate but them.
        const secretVersion = storeSecretVersion(name, 1, credentials, child);
        const withKeys = storeApplications(config).filter((application) => !(application in this.identities));
        this.keys = Object.fromEntries(
            withKeys.map((application) => [
                application,
                keySecret(name, application, { namespace, credentials, rotation: 1, secretVersion }, child),
            ]),
        );
        this.ready = new StoreChecks(
            `${name}-check`,
            {
                store: this,
                config,
                namespace,
                images,
                placement,
                keys: this.keys,
                identities: this.identities,
                ca: this.ca,
                secretVersion,
            },
            child,
        );
        // What runs keeps the key that it has until another one has been tried.
        for (const key of Object.values(this.keys)) key.after = this.ready;
        this.registerOutputs({ endpoint: this.endpoint });
    }

    trust(namespace: NamespaceRef): TrustBundle | undefined {
        const secret = this.ca?.in(namespace);
        return secret && { secretName: secret.name, ready: secret.resource };
    }

    bucket(name: string): string {
        const there = this.config.buckets.map((bucket) => bucket.name);
        if (!there.includes(name)) throw noBucket(name, there);
        return bucketThere(name, this.config);
    }

    credentials(application: string): SecretRef<StoreKey> | undefined {
        this.known(application);
        return this.keys[application] as SecretRef<StoreKey> | undefined;
    }

    identity(application: string): StoreIdentity | undefined {
        this.known(application);
        return this.identities[application] as StoreIdentity | undefined;
    }

    private known(application: string): void {
        const there = storeApplications(this.config);
        if (!there.includes(application)) throw noApplication(application, there);
    }
}

/** Peers of the store, and of the service that gives roles where somebody needs one. */
export function peers(config: StoreConfig, network: Network): Omit<OutsidePeer, "clientLabels">[] {
    const { endpoint, pathStyle } = storeAddress(config);
    const { external = {}, buckets } = config;
    const { host, port } = hostOf(endpoint);
    const hosts = pathStyle ? [host] : [host, ...buckets.map(({ name }) => `${bucketThere(name, config)}.${host}`)];
    const sts = stsAddress(config);
    const all = [
        ...hosts.map((each) => network.outside({ host: each, port, cidrs: external.cidrs })),
        ...(sts ? [network.outside({ ...hostOf(sts), cidrs: external.sts?.cidrs })] : []),
    ];
    // By addresses many of them are the same.
    return [...new Map(all.map((peer) => [JSON.stringify(peer), peer])).values()];
}
