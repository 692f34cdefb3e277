import { z } from "zod";

import { cidrs } from "../addresses";
import { resources, rotation, volume } from "../common";
import { certificatePem, host, text } from "../texts";
import { port, size } from "../units";

/** The applications that have a database, by the names under which components ask for it. */
export const databaseApplications = ["airflow", "mlflow", "mlflow-auth"] as const;

/** Role and database of an application, where nothing else is said. */
export function databaseName(application: string): string {
    return application.replaceAll("-", "_");
}

const sqlName = text(
    "sqlName",
    /^[a-z_][a-z0-9_]{0,62}$/,
    "must be a name of PostgreSQL: lower-case letters, digits and underscores",
);

const account = z.strictObject({
    username: sqlName.optional().describe("Role to connect as. Default: the application's name, - as _."),
    database: sqlName.optional().describe("Database, owned by that role. Default: the application's name, - as _."),
});

const external = z
    .strictObject({
        host: host.describe("Where PostgreSQL listens; its certificate must carry this name."),
        port: port.optional().describe("Port. Default 5432."),
        sslMode: z
            .enum(["verify-full", "verify-ca"])
            .optional()
            .describe("verify-full checks the certificate's name too; verify-ca doesn't. Default verify-full."),
        ca: certificatePem.optional().describe("The CA of its certificate, in PEM. Default: the public ones."),
        cidrs: cidrs
            .optional()
            .describe(
                "Addresses that it may have, for NetworkPolicies. Default: its own where host is an address, else any but link-local ones and clouds' metadata, on its port.",
            ),
        applications: z
            .strictObject({
                airflow: account.optional().describe("Role and database of airflow."),
                mlflow: account.optional().describe("Role and database of mlflow."),
                "mlflow-auth": account.optional().describe("Role and database of mlflow-auth."),
            })
            .optional()
            .describe("Roles and databases by application; both must be there already."),
    })
    .describe("A PostgreSQL that is there already; passwords by credentials `database.<application>`.");

export const database = z
    .strictObject({
        kind: z
            .enum(["postgresql", "cloudnativepg", "external"])
            .describe(
                "The maker of the databases: one PostgreSQL in the cluster, several by CloudNativePG's operator, or one that is there already.",
            ),
        instances: z
            .number()
            .int()
            .min(1)
            .max(9)
            .describe("Servers, each with a volume, of which one writes; for kind cloudnativepg. Others have 1."),
        ...volume,
        walStorage: size
            .optional()
            .describe(
                "Size of a volume of its own for the write-ahead log (WAL), of the same class, so that one can't fill the other; for kind cloudnativepg. It may be added later, and not be taken away. Default: none, the log is on the data volume.",
            ),
        resources,
        rotation,
        maxConnections: z
            .number()
            .int()
            .min(20)
            .max(1000)
            .describe("Connections at a time; each takes up to 10 MiB of memory."),
        upgradeFrom: text(
            "image",
            /^[a-z0-9][a-zA-Z0-9._/:-]*(:[\w][\w.-]*|@sha256:[0-9a-f]{64})$/,
            'must be an image with its tag or digest, such as "ghcr.io/acme/data-platform/postgresql:15.20-4d176cde34c3"',
        )
            .optional()
            .describe(
                "Image with the major version of PostgreSQL that the volume still has: its data is taken over before the server starts, and the old cluster stays on the volume. For kind postgresql; remove it afterwards.",
            ),
        external: external.optional(),
    })
    .describe("PostgreSQL for Airflow and MLflow.");

export type DatabaseConfig = z.infer<typeof database>;

export const databaseDefaults: DatabaseConfig = {
    kind: "postgresql",
    instances: 1,
    storage: "10Gi",
    retain: false,
    resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } },
    rotation: 1,
    maxConnections: 100,
};

/** The users whose passwords may be given: each needs one where the database is external. */
export function databaseUsers({ kind }: DatabaseConfig): string[] {
    const applications = databaseApplications.map((application) => `database.${application}`);
    return kind === "postgresql" ? ["database.postgres", ...applications] : applications;
}
