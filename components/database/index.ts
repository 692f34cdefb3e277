import * as pulumi from "@pulumi/pulumi";

import { DatabaseConfig } from "../../config/sections/database";
import { Database, SecretRef } from "../contracts";
import { CloudNativePg, CloudNativePgArgs } from "./cloudnative-pg";
import { ExternalDatabase } from "./external";
import { Postgresql, PostgresqlArgs } from "./postgresql";

export { CloudNativePg } from "./cloudnative-pg";
export { ExternalDatabase } from "./external";
export { Postgresql } from "./postgresql";

export type DatabaseArgs = DatabaseConfig & Omit<PostgresqlArgs & CloudNativePgArgs, keyof DatabaseConfig>;

/** The databases, by the maker that the config names, and the administrator's password where there is one of ours. */
export function databases(
    name: string,
    args: DatabaseArgs,
    opts?: pulumi.ComponentResourceOptions,
): Database & { admin?: SecretRef<"password"> } {
    const { kind, external, chart, operator, kubernetes, instances, credentials = {}, ...rest } = args;
    if (kind === "cloudnativepg")
        return new CloudNativePg(name, { ...rest, instances, operator, kubernetes, credentials }, opts);
    // Config has seen to it that an external one says where it is.
    if (kind !== "external" || !external) return new Postgresql(name, { ...rest, chart, credentials }, opts);
    const { namespace, images, placement, network, rotation } = rest;
    return new ExternalDatabase(name, { external, namespace, images, placement, network, credentials, rotation }, opts);
}
