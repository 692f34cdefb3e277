import * as pulumi from "@pulumi/pulumi";

import { Peer } from "./peer";
import { SecretRef } from "./secret-ref";
import { TlsServer } from "./tls";

/** S3 storage. Implementations: MinIO in the cluster, any S3 that is there already. */
export interface ObjectStore extends TlsServer {
    /** URL of the S3 API, as pods reach it; without a slash at its end. */
    endpoint: string;
    region: string;
    /** True if a bucket stands in the path of an address, and not before the host's name. */
    pathStyle: boolean;
    /** Path at which a client's pod must have the file of `trust`. @default a public CA, which images know */
    caFile?: string;
    /** All that a client must get to, the first of them the store itself; by the same labels. */
    peers: readonly Peer[];
    /** Resource to depend on before starting a client. */
    ready: pulumi.Resource;
    /** The bucket's name in the store. @throws ConfigError for one that isn't declared. */
    bucket(name: string): string;
    /** Credentials of one application, if it has any and no identity. @throws ConfigError for one that no bucket names. */
    credentials(app: string): SecretRef<StoreKey> | undefined;
    /** Identity by which the store knows an application that has no credentials. @throws ConfigError for one that no bucket names. */
    identity(app: string): StoreIdentity | undefined;
}

/** An application that is known by the ServiceAccount of its pods: the cluster gives them a token, the cloud a role for it. */
export interface StoreIdentity {
    /** Annotations of those ServiceAccounts: by them the cluster's webhook mounts the token and names the role. */
    annotations: Record<string, string>;
    /** Variables that its pods need besides those of that webhook; none is a secret. */
    env: Record<string, string>;
    /** For whom the token is, as it stands in the webhook's volume. */
    audience: string;
    /** Another one when anything of it changes, so that what has begun as it was is restarted. */
    secretVersion: string;
}

/** Keys of the Secret of an application of the object store; `credentials` is both keys as the file of AWS' clients. */
export type StoreKey = "accessKey" | "secretKey" | "credentials";
