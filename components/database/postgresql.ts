import * as pulumi from "@pulumi/pulumi";

import { imageRef } from "../../config/images";
import { PlatformConfig } from "../../config/schema";
import { DatabaseConfig } from "../../config/sections/database";
import {
    Authority,
    caFile,
    Database,
    DatabaseKey,
    NamespaceRef,
    Peer,
    SecretName,
    SecretRef,
    TrustBundle,
} from "../contracts";
import { imageValue } from "../image-value";
import { prefix, usesLabel } from "../labels";
import { stackLabel } from "../namespace";
import { mayNotBeEvicted, Placement, placementValues } from "../placement";
import { release, ReleaseArgs } from "../release";
import { ownPasswords, roundOf } from "../rotation";
import { passwordSecret } from "../secrets";
import { account, accounts, accountSecrets } from "./accounts";

export interface PostgresqlArgs extends Omit<DatabaseConfig, "kind" | "external" | "instances"> {
    /** Namespace that the server lives in; must allow `restricted` pods. */
    namespace: NamespaceRef;
    /** The chart's directory or `oci://` address. */
    chart: ReleaseArgs["chart"];
    images: PlatformConfig["images"];
    /** Who signs the server's certificate. */
    authority: Authority;
    /** Where the server runs, and who makes room for it. */
    placement: Placement;
    /** Passwords of the team's own, by `database.<application>` and `database.postgres`. @default generated */
    credentials?: Record<string, string>;
    /** Refuse to delete the server. @default false */
    protect?: boolean;
}

/** Port of the Service. */
const port = 5432;

/** PostgreSQL in the cluster: one server, TLS only, a database and a role for each application that others can't open. */
export class Postgresql extends pulumi.ComponentResource implements Database {
    readonly host: string;
    readonly port = port;
    readonly peer: Peer;
    readonly caFile = caFile;
    readonly sslMode = "verify-full";
    readonly ready: pulumi.Resource;
    /** Password of the administrator `postgres`. */
    readonly admin: SecretRef<"password">;

    private readonly users: Record<string, SecretRef<DatabaseKey>>;
    private readonly authority: Authority;

    constructor(name: string, args: PostgresqlArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:database:Postgresql", name, {}, opts);
        const child = { parent: this };
        const { namespace, credentials = {}, rotation, authority } = args;
        const own = ownPasswords(credentials, "database");
        const common = { namespace, rotation, round: roundOf(name, rotation, own, child) };

        // The Service has the release's name; it is known before the release is there, so that previews can show it.
        this.host = `${name}.${namespace.name}.svc`;
        this.authority = authority;
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

        const certificate = authority.certificate(name, { namespace, service: name });
        const trust = authority.trust(namespace);
        this.ready = release(
            name,
            {
                chart: args.chart,
                namespace: namespace.ready,
                values: values(name, args, {
                    admin: this.admin,
                    users: this.users,
                    certificate: certificate.secretName,
                    trust: trust.secretName,
                    round: common.round,
                }),
            },
            {
                ...child,
                dependsOn: [
                    ...[this.admin, ...Object.values(this.users)].map(({ resource }) => resource),
                    certificate.ready,
                    trust.ready,
                ],
                protect: args.protect,
            },
        );

        this.peer = {
            namespace: namespace.name,
            podLabels: {
                "app.kubernetes.io/name": "postgresql",
                "app.kubernetes.io/instance": name,
                "app.kubernetes.io/component": "server",
            },
            port,
            clientLabels: usesLabel(name),
        };
        this.registerOutputs({ host: this.host });
    }

    credentials(application: string): SecretRef<DatabaseKey> {
        return account(this.users, application);
    }

    trust(namespace: NamespaceRef): TrustBundle {
        return this.authority.trust(namespace);
    }
}

/** Chart values, pure, so that a test can read them. Secrets go in by name only. */
export function values(
    name: string,
    args: Omit<PostgresqlArgs, "namespace" | "authority">,
    made: {
        admin: SecretName;
        users: Record<string, SecretName>;
        certificate: string;
        trust: string;
        round: pulumi.Input<string>;
    },
): Record<string, unknown> {
    const { images, placement, resources, storage, storageClass, retain } = args;
    const { maxConnections, upgradeFrom } = args;
    return {
        image: imageValue(imageRef("postgresql", images), images.pullPolicy),
        existingSecret: made.admin.name,
        tls: { existingSecret: made.certificate },
        ca: { existingSecret: made.trust },
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
        podAnnotations: mayNotBeEvicted,
        ...placementValues(placement),
        rotation: made.round,
    };
}
