import * as pulumi from "@pulumi/pulumi";

import { ObjectStoreConfig } from "../../config/sections/object-store";
import { ObjectStore, SecretRef } from "../contracts";
import { Network } from "../network";
import { ExternalStore } from "./external";
import { Minio, MinioArgs } from "./minio";

export { ExternalStore } from "./external";
export { Minio } from "./minio";

export interface ObjectStoreArgs extends Omit<MinioArgs, keyof ObjectStoreConfig> {
    config: ObjectStoreConfig;
    /** Names the host of an external store in policies. */
    network: Network;
}

/** The object store, by the maker that the config names, and the administrator's credentials where there is one of ours. */
export function createObjectStore(
    name: string,
    { config, network, ...args }: ObjectStoreArgs,
    opts?: pulumi.ComponentResourceOptions,
): ObjectStore & { root?: SecretRef<"rootUser" | "rootPassword"> } {
    if (config.kind === "minio") return new Minio(name, { ...config, ...args }, opts);
    const { namespace, images, placement, credentials = {} } = args;
    return new ExternalStore(name, { config, namespace, images, placement, network, credentials }, opts);
}
