import * as pulumi from "@pulumi/pulumi";

import { DatabaseConfig } from "../../config/sections/database";
import { Database, SecretRef } from "../contracts";
import { CloudNativePg, CloudNativePgArgs } from "./cloudnative-pg";
import { ExternalDatabase } from "./external";
import { Postgresql, PostgresqlArgs } from "./postgresql";

export { CloudNativePg } from "./cloudnative-pg";
export { ExternalDatabase } from "./external";
export { Postgresql } from "./postgresql";

export interface DatabaseArgs extends Omit<PostgresqlArgs & CloudNativePgArgs, keyof DatabaseConfig> {
    config: DatabaseConfig;
}

/** The databases, by the maker that the config names, and the administrator's password where there is one of ours. */
export function createDatabase(
    name: string,
    { config, chart, operator, kubernetes, network, credentials = {}, ...args }: DatabaseArgs,
    opts?: pulumi.ComponentResourceOptions,
): Database & { admin?: SecretRef<"password"> } {
    const { kind, external, rotation } = config;
    if (kind === "cloudnativepg")
        return new CloudNativePg(name, { ...config, ...args, operator, kubernetes, network, credentials }, opts);
    // Config has seen to it that an external one says where it is.
    if (kind !== "external" || !external) return new Postgresql(name, { ...config, ...args, chart, credentials }, opts);
    const { namespace, images, placement } = args;
    return new ExternalDatabase(name, { external, namespace, images, placement, network, credentials, rotation }, opts);
}
