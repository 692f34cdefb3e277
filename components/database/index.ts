import * as pulumi from "@pulumi/pulumi";

import { DatabaseConfig } from "../../config/systems/database";
import { Database, SecretRef } from "../contracts";
import { ExternalDatabase } from "./external";
import { Postgresql, PostgresqlArgs } from "./postgresql";

export { ExternalDatabase } from "./external";
export { Postgresql } from "./postgresql";

export type DatabaseArgs = DatabaseConfig & Omit<PostgresqlArgs, keyof DatabaseConfig>;

/** The databases, by the maker that the config names, and the administrator's password where there is one of ours. */
export function databases(
    name: string,
    args: DatabaseArgs,
    opts?: pulumi.ComponentResourceOptions,
): Database & { admin?: SecretRef<"password"> } {
    const { kind, external, credentials = {}, ...rest } = args;
    // Config has seen to it that an external one says where it is.
    if (kind !== "external" || !external) return new Postgresql(name, { ...rest, credentials }, opts);
    const { namespace, images, rotation } = rest;
    return new ExternalDatabase(name, { external, namespace, images, credentials, rotation }, opts);
}
