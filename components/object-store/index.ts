import * as pulumi from "@pulumi/pulumi";

import { ObjectStoreConfig } from "../../config/sections/object-store";
import { ObjectStore, SecretRef } from "../contracts";
import { Network } from "../network";
import { ExternalStore } from "./external";
import { Minio, MinioArgs } from "./minio";

export { ExternalStore } from "./external";
export { Minio } from "./minio";

export type ObjectStoreArgs = ObjectStoreConfig & Omit<MinioArgs, keyof ObjectStoreConfig> & { network: Network };

/** The object store, by the maker that the config names, and the administrator's credentials where there is one of ours. */
export function objectStores(
    name: string,
    args: ObjectStoreArgs,
    opts?: pulumi.ComponentResourceOptions,
): ObjectStore & { root?: SecretRef<"rootUser" | "rootPassword"> } {
    const { kind, external, network, ...rest } = args;
    if (kind === "minio") return new Minio(name, rest, opts);
    const { namespace, images, placement, credentials = {}, region, buckets } = rest;
    const config = { region, buckets, external };
    return new ExternalStore(name, { config, namespace, images, placement, network, credentials }, opts);
}
