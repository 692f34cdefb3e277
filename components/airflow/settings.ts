import { OrchestratorConfig } from "../../config/sections/orchestrator";
import { caFile } from "../contracts";
import { connectionsFile, ids } from "./connections";

/**
 * psycopg for both engines, with libpq's variables: what pods say of the database that have no address of it (`databaseFiles`), and
 * workers have none at all. What has no password in it may stand here.
 */
export const sqlAlchemy = "postgresql+psycopg://";

/** airflow.cfg, by section: what differs from Airflow's and the chart's own defaults. */
export function settings(
    url: string,
    bucket: string,
    {
        parallelism,
        parsingProcesses,
        dags,
        publicUrl,
    }: Pick<OrchestratorConfig, "parallelism" | "parsingProcesses" | "dags"> & { publicUrl?: string },
): Record<string, Record<string, string>> {
    return {
        core: {
            load_examples: "False",
            parallelism: String(parallelism),
            // By its Service's name, which its certificate has, whatever the address outside is.
            execution_api_server_url: `${url}/execution/`,
            // Loading the client of Kubernetes takes a second, and half a minute on a machine that is busy with other starts.
            dagbag_import_timeout: "120",
        },
        database: { sql_alchemy_conn: sqlAlchemy, sql_alchemy_conn_async: sqlAlchemy },
        // One process each; more of them are more pods. Whoever calls the API trusts the platform's CA and no other one.
        api: {
            workers: "1",
            ssl_ca_file: caFile,
            client_use_public_certs: "False",
            // Where the pages send a browser. Unset they send it back to where it came from, a forwarded port for one.
            ...(publicUrl ? { base_url: publicUrl } : {}),
        },
        dag_processor: {
            parsing_processes: String(parsingProcesses),
            dag_file_processor_timeout: "180",
            // What is baked into an image doesn't change; a repository may at any time.
            min_file_process_interval: dags.kind === "image" ? "300" : "30",
        },
        // Minutes instead of half a one: a task outlives the restart of the API.
        workers: { execution_api_retries: "8" },
        logging: {
            remote_logging: "True",
            remote_base_log_folder: `s3://${bucket}`,
            remote_log_conn_id: ids.logs,
            delete_local_logs: "True",
        },
        kubernetes_executor: {
            // Their logs are in the object store, whichever way they end.
            delete_worker_pods: "True",
            delete_worker_pods_on_failure: "True",
            worker_pods_creation_batch_size: "8",
            // Over quota a task waits in the queue for its pod, and has not failed: `[scheduler] task_queued_timeout` ends it.
            task_publish_max_retries: "-1",
        },
        // For workers too. A part that has no such file is told so by whoever asks it for a connection.
        secrets: {
            backend: "airflow.secrets.local_filesystem.LocalFilesystemBackend",
            backend_kwargs: JSON.stringify({ connections_file_path: connectionsFile }),
        },
        usage_data_collection: { enabled: "False" },
    };
}
