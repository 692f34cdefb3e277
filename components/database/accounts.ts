import * as pulumi from "@pulumi/pulumi";

import { DatabaseConfig, databaseApplications, databaseName } from "../../config/sections/database";
import { DatabaseKey, NamespaceRef, SecretRef, SslMode } from "../contracts";
import { passwordSecret } from "../secrets";
import { notDeclared } from "../undeclared";

/** Account of an application, and its database. */
export interface Account {
    application: string;
    username: string;
    database: string;
}

/** Address of the databases, as a client uses it. */
export interface Address {
    host: string;
    port: number;
    sslMode: SslMode;
    caFile: string;
}

/** The account of each application. Only an external database may have other names than the application's. */
export function accounts({ external }: Pick<DatabaseConfig, "external"> = {}): Account[] {
    return databaseApplications.map((application) => {
        const { username, database } = external?.applications?.[application] ?? {};
        const usual = databaseName(application);
        return { application, username: username ?? usual, database: database ?? usual };
    });
}

/** The one line with which a client connects. */
export function uri(address: Address, username: string, password: string, database: string): string {
    const { host, port, sslMode, caFile } = address;
    const user = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
    return `postgresql://${user}@${host}:${port}/${database}?sslmode=${sslMode}&sslrootcert=${caFile}`;
}

export interface AccountSecretsArgs {
    namespace: NamespaceRef;
    address: Address;
    accounts: Account[];
    credentials: Record<string, string>;
    rotation: number;
    secretVersion: pulumi.Input<string>;
    /** Further labels of the Secrets. @default none */
    labels?: Record<string, string>;
    /** Kubernetes' type of the Secrets. @default Opaque */
    type?: "Opaque" | "kubernetes.io/basic-auth";
}

/** A Secret for each account, by application. */
export function accountSecrets(
    name: string,
    args: AccountSecretsArgs,
    opts: pulumi.CustomResourceOptions,
): Record<string, SecretRef<DatabaseKey>> {
    const { namespace, address, rotation, secretVersion, labels, type } = args;
    return Object.fromEntries(
        args.accounts.map(({ application, username, database }) => [
            application,
            passwordSecret(
                `${name}-user-${application}`,
                {
                    namespace,
                    component: "database",
                    rotation,
                    secretVersion,
                    labels,
                    type,
                    plain: { host: address.host, port: String(address.port), username, database },
                    passwords: { password: args.credentials[`database.${application}`] },
                    derived: {
                        uri: ({ password }) => uri(address, username, password, database),
                        // The same, by the name that Airflow's chart asks for.
                        connection: ({ password }) => uri(address, username, password, database),
                    },
                },
                opts,
            ),
        ]),
    );
}

/** The Secret of an application. @throws ConfigError for one that has no database. */
export function account(secrets: Record<string, SecretRef<DatabaseKey>>, application: string): SecretRef<DatabaseKey> {
    if (application in secrets) return secrets[application];
    throw notDeclared("database", `has none for the application "${application}"`, Object.keys(secrets));
}
