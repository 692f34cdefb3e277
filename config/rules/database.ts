import type { Problem } from "../errors";
import type { PlatformConfig } from "../schema";
import { databaseUsers } from "../sections/database";
import { problem } from "./rule";

/** Rules across keys, which no single type expresses. */
export const databaseRules: ((config: PlatformConfig) => Problem[])[] = [
    ({ database: { kind, external } }) => {
        const key = "database.external";
        if (kind === "external" && !external) {
            return [{ key, message: "is missing, because database.kind is external; it needs at least a host" }];
        }
        if (kind !== "external" && external) {
            return [{ key, message: `is for database.kind external, and that is ${kind}; change one of both` }];
        }
        return [];
    },
    ({ database: { kind, instances } }) =>
        problem(
            kind !== "cloudnativepg" && instances !== 1,
            "database.instances",
            `${instances} can't be with database.kind ${kind}: one server has one ReadWriteOnce volume, which a second can't mount; set database.kind to cloudnativepg, or instances to 1`,
        ),
    ({ database: { kind, walStorage } }) =>
        problem(
            kind !== "cloudnativepg" && walStorage !== undefined,
            "database.walStorage",
            `is for database.kind cloudnativepg, and that is ${kind}, which has ${kind === "external" ? "no volume" : "one volume a server"}; remove it, or change the kind`,
        ),
    ({ database: { kind, upgradeFrom } }) =>
        problem(
            kind !== "postgresql" && upgradeFrom !== undefined,
            "database.upgradeFrom",
            `is for database.kind postgresql, and that is ${kind}; remove it`,
        ),
    ({ database, credentials = {} }) =>
        databaseUsers(database)
            .filter((user) => database.kind === "external" && !(user in credentials))
            .map((user) => ({
                key: `credentials["${user}"]`,
                message: `is missing, because database.kind is external; set that role's password with \`pulumi config set --secret --path 'credentials["${user}"]'\``,
            })),
];
