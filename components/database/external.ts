import { readFileSync } from "node:fs";
import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { imageRef } from "../../config/images";
import { PlatformConfig } from "../../config/schema";
import { DatabaseConfig } from "../../config/sections/database";
import { caSecret } from "../ca-secret";
import { Database, DatabaseKey, NamespaceRef, Peer, SecretRef, SslMode, TrustBundle } from "../contracts";
import { EtlJob } from "../etl";
import { usesLabel } from "../labels";
import { Network } from "../network";
import { Placement } from "../placement";
import { passwordOverrides, secretVersionOf } from "../rotation";
import { account, Account, accounts, accountSecrets, Address } from "./accounts";

export interface ExternalDatabaseArgs {
    /** Address and users of the external system. */
    external: NonNullable<DatabaseConfig["external"]>;
    /** Namespace that the Secrets live in, and the Job that tries them. */
    namespace: NamespaceRef;
    images: PlatformConfig["images"];
    /** Nodes and priority of that Job. */
    placement: Placement;
    /** Policy rules for its host. */
    network: Network;
    /** The password of each application, by `database.<application>`. */
    credentials: Record<string, string>;
    /** Raise to restart what uses the passwords. */
    rotation: number;
}

/** Path of a CA of its own, for clients; the usual place has the platform's. */
const ownCaFile = "/etc/data-platform/database-ca/ca.crt";

/** Path of the public CAs in images. */
const publicCaFile = "/etc/ssl/certs/ca-certificates.crt";

/** Mount path of the accounts, a directory each. */
const mounted = "/var/run/data-platform/database";

/**
 * A PostgreSQL that is there already, with its roles and databases. Nothing is made in it: a Job tries every account first, and
 * what needs a database waits for that.
 */
export class ExternalDatabase extends pulumi.ComponentResource implements Database {
    readonly host: string;
    readonly port: number;
    readonly peer: Peer;
    readonly caFile: string;
    readonly sslMode: SslMode;
    readonly ready: pulumi.Resource;

    private readonly users: Record<string, SecretRef<DatabaseKey>>;
    private readonly ca?: SecretRef<"ca.crt">;

    constructor(name: string, args: ExternalDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:database:ExternalDatabase", name, {}, opts);
        const child = { parent: this };
        const { external, namespace, images, placement, network, credentials, rotation } = args;
        const secretVersion = secretVersionOf(name, rotation, passwordOverrides(credentials, "database"), child);

        this.host = external.host;
        this.port = external.port ?? 5432;
        this.caFile = external.ca ? ownCaFile : publicCaFile;
        this.sslMode = external.sslMode ?? "verify-full";
        const { host, port } = this;
        this.peer = { ...network.outside({ host, port, cidrs: external.cidrs }), clientLabels: usesLabel(name) };
        const address: Address = {
            host: this.host,
            port: this.port,
            sslMode: this.sslMode,
            caFile: this.caFile,
        };
        const all = accounts({ external });
        this.users = accountSecrets(
            name,
            { namespace, address, accounts: all, credentials, rotation, secretVersion },
            child,
        );
        if (external.ca) this.ca = caSecret(`${name}-ca`, external.ca, { namespace, component: "database" }, child);

        this.ready = new EtlJob(
            `${name}-check`,
            {
                namespace,
                image: imageRef("postgresql", images),
                pullPolicy: images.pullPolicy,
                // All that needs a database waits for it.
                placements: { critical: placement, batch: placement },
                command: ["bash", "-c", readFileSync(join(__dirname, "check.sh"), "utf8")],
                env: { ...checkSettings(address), DATABASE_ROUND: secretVersion },
                volumes: [...accountVolumes(all, this.users), ...caVolumes(this.ca)],
                services: [this],
                resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
                // It is patient itself where that may help; a wrong password stays one.
                retries: 0,
                timeout: 180,
            },
            child,
        );
        this.registerOutputs({ host: this.host });
    }

    credentials(application: string): SecretRef<DatabaseKey> {
        return account(this.users, application);
    }

    trust(namespace: NamespaceRef): TrustBundle | undefined {
        const secret = this.ca?.in(namespace);
        return secret && { secretName: secret.name, ready: secret.resource };
    }
}

/** The settings of check.sh. */
export function checkSettings({ host, port, sslMode, caFile }: Address): Record<string, string> {
    return {
        DATABASE_HOST: host,
        DATABASE_PORT: String(port),
        DATABASE_SSL_MODE: sslMode,
        DATABASE_CA_FILE: caFile,
        DATABASE_CREDENTIALS: mounted,
        DATABASE_TIMEOUT: "60",
    };
}

function accountVolumes(all: Account[], users: Record<string, SecretRef<DatabaseKey>>) {
    return all.map(({ application }) => ({
        name: application,
        mountPath: `${mounted}/${application}`,
        kind: "secret" as const,
        secret: users[application],
    }));
}

function caVolumes(ca?: SecretRef<"ca.crt">) {
    return ca
        ? [{ name: "ca", mountPath: ownCaFile.replace(/\/[^/]+$/, ""), kind: "secret" as const, secret: ca }]
        : [];
}
