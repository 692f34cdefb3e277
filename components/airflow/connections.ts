import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { OrchestratorConfig } from "../../config/sections/orchestrator";
import { caFile, EventStream, NamespaceRef, ObjectStore, Tracking } from "../contracts";
import { labels } from "../labels";
import { Access, secretMount, Systems } from "./access";
import { Files, secretsDirectory } from "./environment";

/** A connection, as Airflow reads it from a file. */
interface Connection {
    conn_type: string;
    host?: string;
    port?: number;
    login?: string;
    password?: string;
    extra?: Record<string, unknown>;
}

/** Connection ids, for settings and DAGs. */
export const ids = {
    logs: "task_logs",
    store: "object_store",
    stream: "event_stream",
    tracking: "tracking",
    webhook: "failure_webhook",
};

/** The keys of the Secret with connections: all of them, and the one for task logs alone. */
const keys = { all: "connections.json", logs: "logs.json" };

const directory = `${secretsDirectory}/connections`;

/** File of connections, in every pod that has any. */
export const connectionsFile = `${directory}/connections.json`;

/** Mounts them where `connectionsFile` says: all, or the one for task logs alone. */
export function connectionFiles(secret: string, which: keyof typeof keys): Files {
    return { env: [], mounted: [secretMount("connections", secret, directory, { [keys[which]]: "connections.json" })] };
}

export interface ConnectionsArgs extends Systems {
    access: Access;
    /** In whose name DAGs use the systems. */
    connections: OrchestratorConfig["connections"];
    namespace: NamespaceRef;
    /** Namespace in which tasks start their pods. */
    jobs: Pick<NamespaceRef, "name">;
    /** Address that is told of failures; a secret. @default none */
    webhook?: string;
}

/**
 * Connections as files of a Secret that Airflow's own backend for files reads at each question: nothing of it is in Airflow's database,
 * in a pod's description or in a process' environment.
 */
export function connectionsSecret(
    name: string,
    { access, connections: as, namespace, jobs, webhook, ...systems }: ConnectionsArgs,
    opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Secret {
    const found = {
        ...connections(systems, access, as, jobs),
        // All of the address is the secret.
        ...(webhook === undefined ? {} : { [ids.webhook]: { conn_type: "http", password: webhook } }),
    };
    const file = (some: Record<string, pulumi.Input<Connection>>) =>
        pulumi.secret(pulumi.all(some).apply((known) => `${JSON.stringify(known, undefined, 4)}\n`));
    const { [ids.logs]: logs } = found;
    // The passwords come when those who are asked know them.
    const after = Object.values(access).flatMap(({ after }: Access["database"]) => (after ? [after] : []));
    return new k8s.core.v1.Secret(
        name,
        {
            metadata: { name, namespace: namespace.ready, labels: labels({ name, component: "orchestration" }) },
            type: "Opaque",
            stringData: { [keys.all]: file(found), [keys.logs]: file({ [ids.logs]: logs }) },
        },
        { ...opts, dependsOn: after },
    );
}

/** The connections by their ids. */
export function connections(
    { store, stream, tracking }: Pick<Systems, "store" | "stream" | "tracking">,
    { logs, store: objects, stream: events, tracking: runs }: Access,
    as: Pick<OrchestratorConfig["connections"], "objectStore">,
    { name: jobs }: Pick<NamespaceRef, "name">,
): Record<string, pulumi.Input<Connection>> {
    const s3 = (secret: Access["logs"]) =>
        secret?.as(({ accessKey, secretKey }) => objectStore(store, { login: accessKey, password: secretKey })) ??
        objectStore(store);
    return {
        [ids.logs]: s3(logs),
        ...(as.objectStore && { [ids.store]: s3(objects) }),
        ...(events && {
            [ids.stream]: events.as(({ username, password }) => kafka(stream, { login: username, password })),
        }),
        ...(runs && {
            [ids.tracking]: runs.as(({ username, password }) => mlflow(tracking, { login: username, password })),
        }),
        // The default of KubernetesPodOperator and SparkKubernetesOperator: the pod's own account, in the namespace of jobs.
        kubernetes_default: { conn_type: "kubernetes", extra: { in_cluster: true, namespace: jobs } },
    };
}

interface Login {
    login: string;
    password: string;
}

/** Without a login the client takes what the pod's token is good for. */
function objectStore(store: ObjectStore, login?: Login): Connection {
    return {
        conn_type: "aws",
        ...login,
        extra: {
            endpoint_url: store.endpoint,
            region_name: store.region,
            // Buckets as paths: the certificate of a store in the cluster has its Service's name and not one for each bucket.
            config_kwargs: { s3: { addressing_style: store.pathStyle ? "path" : "virtual" } },
            ...(store.caFile ? { verify: store.caFile } : {}),
        },
    };
}

/** As the Kafka provider takes it, which passes it on to librdkafka. */
function kafka(stream: EventStream, { login, password }: Login): Connection {
    return {
        conn_type: "kafka",
        extra: {
            "bootstrap.servers": stream.bootstrap,
            "security.protocol": stream.protocol,
            "sasl.mechanism": stream.mechanism,
            "sasl.username": login,
            "sasl.password": password,
            "ssl.ca.location": caFile,
        },
    };
}

function mlflow({ uri }: Tracking, login: Login): Connection {
    const { protocol, hostname, port } = new URL(uri);
    return {
        conn_type: "http",
        host: `${protocol}//${hostname}`,
        ...(port ? { port: Number(port) } : {}),
        ...login,
        extra: { verify: caFile },
    };
}
