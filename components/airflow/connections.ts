import { OrchestratorConfig } from "../../config/systems/orchestrator";
import { caFile, EventStream, NamespaceRef, ObjectStore, SecretRef, Tracking } from "../contracts";
import { Access, storeIdentity, Systems } from "./access";

/** A variable out of a Secret, as the chart's key `secret` takes it. */
export interface SecretVariable {
    envName: string;
    secretName: string;
    secretKey: string;
}

/** A connection: what Airflow reads from `AIRFLOW_CONN_<ID>`. Passwords are named as `$(VARIABLE)`, which Kubernetes fills in. */
interface Connection {
    conn_type: string;
    host?: string;
    port?: number;
    login?: string;
    password?: string;
    extra?: Record<string, unknown>;
}

/** Connection ids, for settings and DAGs. */
export const ids = { logs: "task_logs", store: "object_store", stream: "event_stream", tracking: "tracking" };

/** What the pods' environment must have, so that Airflow finds its connections in it. */
export interface Connections {
    secret: SecretVariable[];
    /** YAML, one variable a line; the chart puts it after the variables of `secret`. */
    extraEnv: string;
}

/**
 * Connections by variables only: names of Secrets enter the chart's values, passwords never do, and nothing of it is in
 * Airflow's database.
 */
export function connections(
    { store, stream, tracking, connections: as }: Systems & Pick<OrchestratorConfig, "connections">,
    access: Access,
    { name: jobs }: Pick<NamespaceRef, "name">,
): Connections {
    const secret: SecretVariable[] = [];
    const login = <Key extends string>(id: string, from: SecretRef<Key>, username: Key, password: Key) => {
        const variable = (suffix: string, secretKey: Key) => {
            const envName = `${id.toUpperCase()}_${suffix}`;
            secret.push({ envName, secretName: from.name, secretKey });
            return `$(${envName})`;
        };
        return { login: variable("USERNAME", username), password: variable("PASSWORD", password) };
    };
    const found: Record<string, Connection> = {
        [ids.logs]: objectStore(store, access.logs && login(ids.logs, access.logs, "accessKey", "secretKey")),
        ...(as.objectStore && {
            [ids.store]: objectStore(store, access.store && login(ids.store, access.store, "accessKey", "secretKey")),
        }),
        ...(access.stream && {
            [ids.stream]: kafka(stream, login(ids.stream, access.stream, "username", "password")),
        }),
        ...(access.tracking && {
            [ids.tracking]: mlflow(tracking, login(ids.tracking, access.tracking, "username", "password")),
        }),
        // The default of KubernetesPodOperator and SparkKubernetesOperator: the pod's own account, in the namespace of jobs.
        kubernetes_default: { conn_type: "kubernetes", extra: { in_cluster: true, namespace: jobs } },
    };
    const variables = [
        ...Object.entries(found).map(([id, connection]) => [
            `AIRFLOW_CONN_${id.toUpperCase()}`,
            JSON.stringify(connection),
        ]),
        ...Object.entries(storeIdentity({ store })?.env ?? {}),
    ];
    const lines = variables.map(([name, value]) => `- ${JSON.stringify({ name, value })}`);
    return { secret, extraEnv: `${lines.join("\n")}\n` };
}

interface Login {
    login: string;
    password: string;
}

/** Without a login the client takes what the pod's token is good for. */
function objectStore(store: ObjectStore, login: Login | undefined): Connection {
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
