import { dirname } from "node:path/posix";

import * as pulumi from "@pulumi/pulumi";

import { OrchestratorConfig } from "../../config/sections/orchestrator";
import {
    caFile,
    Database,
    DatabaseKey,
    EventStream,
    NamespaceRef,
    ObjectStore,
    SecretRef,
    StoreIdentity,
    StoreKey,
    Tracking,
    TrustBundle,
} from "../contracts";

/** The systems that Airflow, and DAGs by its connections, use. */
export interface Systems {
    /** Has a database for the application `airflow`. */
    database: Database;
    /** Has a bucket `logs`, which the application `airflow` may write. */
    store: ObjectStore;
    stream: EventStream;
    tracking: Tracking;
}

/** In whose name Airflow uses them: credentials, as they are where those are made. */
export interface Access {
    database: SecretRef<DatabaseKey>;
    /** For task logs. */
    logs?: SecretRef<StoreKey>;
    store?: SecretRef<StoreKey>;
    stream?: SecretRef<"username" | "password">;
    tracking?: SecretRef<"username" | "password">;
}

/** @throws ConfigError for an application that a system doesn't know. */
export function accessTo(
    { database, store, stream, tracking }: Systems,
    as: OrchestratorConfig["connections"],
): Access {
    return {
        database: database.credentials("airflow"),
        ...login("logs", store.credentials("airflow")),
        ...(as.objectStore ? login("store", store.credentials(as.objectStore)) : {}),
        ...(as.eventStream ? { stream: stream.user(as.eventStream) } : {}),
        ...(as.tracking ? { tracking: tracking.credentials(as.tracking) } : {}),
    };
}

/** Credentials, where the store doesn't know the pods by their accounts. */
function login(key: "logs" | "store", secret: SecretRef<StoreKey> | undefined): Partial<Access> {
    return secret ? { [key]: secret } : {};
}

/** Identity of Airflow's pods at the store, if there is one: all of them are one application. */
export function storeIdentity({ store }: Pick<Systems, "store">): StoreIdentity | undefined {
    return store.identity("airflow");
}

/** The bundles that a namespace needs, each once. */
export function bundles({ database, store, stream, tracking }: Systems, namespace: NamespaceRef): TrustBundle[] {
    const found = [database, store, stream, tracking].map((system) => system.trust(namespace));
    return [...new Map(found.flatMap((one) => (one ? [[one.secretName, one] as const] : []))).values()];
}

/** The rounds of the passwords in use: another one makes new pods, which read the new passwords. */
export function secretVersions(access: Access): Record<string, pulumi.Input<string>> {
    return Object.fromEntries(
        (Object.values(access) as SecretRef[]).map(({ name, secretVersion }) => [name, secretVersion]),
    );
}

/** A volume of the chart's values, and where it is mounted. */
export interface Mounted {
    volume: Record<string, unknown> & { name: string };
    mount: { name: string; mountPath: string; readOnly?: true };
}

/** A CA's certificate as a file: only that key of the Secret. */
export function bundleMount(name: string, secretName: string, file: string): Mounted {
    return {
        volume: { name, secret: { secretName, items: [{ key: "ca.crt", path: "ca.crt" }] } },
        mount: { name, mountPath: dirname(file), readOnly: true },
    };
}

/** Some keys of a Secret as files, by the files' names: for the container's group, and nobody else. */
export function secretMount(
    name: string,
    secretName: string,
    mountPath: string,
    files: Record<string, string>,
): Mounted {
    const items = Object.entries(files).map(([key, path]) => ({ key, path }));
    return {
        volume: { name, secret: { secretName, defaultMode: 0o440, items } },
        mount: { name, mountPath, readOnly: true },
    };
}

/** The database's CA, where it isn't the platform's own. */
export function databaseBundle(database: Database, secretName: string | undefined): Mounted[] {
    return ownBundle("database-ca", secretName, database.caFile);
}

/** The object store's CA, where it isn't the platform's own. */
export function storeBundle(store: ObjectStore, secretName: string | undefined): Mounted[] {
    return ownBundle("store-ca", secretName, store.caFile);
}

function ownBundle(name: string, secretName: string | undefined, file: string | undefined): Mounted[] {
    return secretName && file && file !== caFile ? [bundleMount(name, secretName, file)] : [];
}
