import * as pulumi from "@pulumi/pulumi";

import { imageRef } from "../../config/images";
import { DatabaseConfig } from "../../config/sections/database";
import { caFile, Database, DatabaseKey, Peer, SecretRef } from "../contracts";
import { imageValue } from "../image-value";
import { chartLabels, prefix, usesLabel } from "../labels";
import { stackLabel } from "../namespace";
import { doNotDisrupt, placementValues } from "../placement";
import { ReleaseArgs } from "../release";
import { passwordOverrides, secretVersionOf } from "../rotation";
import { passwordSecret } from "../secrets";
import { Made, Server, ServerArgs } from "../server";
import { account, accounts, accountSecrets } from "./accounts";

export interface PostgresqlArgs extends ServerArgs, Omit<DatabaseConfig, "kind" | "external" | "instances"> {
    /** The chart's directory or `oci://` address. */
    chart: ReleaseArgs["chart"];
}

/** Port of the Service. */
const port = 5432;

/** PostgreSQL in the cluster: one server, TLS only, a database and a role for each application that others can't open. */
export class Postgresql extends Server implements Database {
    readonly host: string;
    readonly port = port;
    readonly peer: Peer;
    readonly caFile = caFile;
    readonly sslMode = "verify-full";
    readonly ready: pulumi.Resource;
    /** Password of the administrator `postgres`. */
    readonly admin: SecretRef<"password">;

    private readonly users: Record<string, SecretRef<DatabaseKey>>;

    constructor(name: string, args: PostgresqlArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:database:Postgresql", name, args.authority, opts);
        const child = { parent: this };
        const { namespace, credentials = {}, rotation } = args;
        const own = passwordOverrides(credentials, "database");
        const common = { namespace, rotation, secretVersion: secretVersionOf(name, rotation, own, child) };

        // The Service has the release's name; it is known before the release is there, so that previews can show it.
        this.host = `${name}.${namespace.name}.svc`;
        this.admin = passwordSecret(
            `${name}-admin`,
            { ...common, component: "database", plain: {}, passwords: { password: credentials["database.postgres"] } },
            child,
        );
        this.users = accountSecrets(
            name,
            {
                ...common,
                address: { host: this.host, port, sslMode: this.sslMode, caFile },
                accounts: accounts(),
                credentials,
            },
            child,
        );

        this.ready = this.install({
            chart: args.chart,
            namespace,
            secrets: [this.admin, ...Object.values(this.users)],
            values: (tls) =>
                values(name, args, {
                    ...tls,
                    admin: this.admin,
                    users: this.users,
                    secretVersion: common.secretVersion,
                }),
            protect: args.protect,
        });

        this.peer = this.peerOf(namespace, chartLabels("postgresql", name, "server"), port);
        this.registerOutputs({ host: this.host });
    }

    credentials(application: string): SecretRef<DatabaseKey> {
        return account(this.users, application);
    }
}

/** Chart values, pure, so that a test can read them. Secrets go in by name only. */
export function values(
    name: string,
    args: Omit<PostgresqlArgs, "namespace" | "authority">,
    made: Made,
): Record<string, unknown> {
    const { images, placement, resources, storage, storageClass, retain } = args;
    const { maxConnections, upgradeFrom } = args;
    return {
        image: imageValue(imageRef("postgresql", images), images.pullPolicy),
        existingSecret: made.admin.name,
        tls: { existingSecret: made.certificate },
        ca: { existingSecret: made.authority },
        applications: accounts().map(({ application, database }) => ({
            name: application,
            database,
            existingSecret: made.users[application].name,
        })),
        maxConnections,
        ...(upgradeFrom ? { upgradeFrom } : {}),
        resources,
        storage: { size: storage, ...(storageClass ? { storageClass } : {}), retain },
        service: { port },
        clients: { namespaceLabels: stackLabel(), podLabels: usesLabel(name) },
        podLabels: { [`${prefix}/system`]: "database" },
        // Nobody stands in for it.
        podAnnotations: doNotDisrupt,
        ...placementValues(placement),
        rotation: made.secretVersion,
    };
}
