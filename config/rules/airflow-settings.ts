import type { Problem } from "../errors";
import { keyPath } from "../key-path";
import { isObject } from "../merge";
import type { PlatformConfig } from "../schema";

const login = "is the platform's own: it decides who may come in";
const keys = "is the platform's own: the key lies in a Secret that no setting names";
const database = "is the platform's own: the way to the database is in a Secret that no setting names; see database";
const places = "is set by orchestrator.dags";
const pods = "is the platform's own: it decides where tasks run, as which image and with which rights";
const logs = 'is the platform\'s own: task logs are in the bucket "logs" of the object store';
const files = "is the platform's own: connections and passwords come to the pods by it";
const tls = "is the platform's own: it decides which certificates are shown and believed";

/**
 * Settings of airflow.cfg that the platform sets, or that undo what it sets, by section, and where they are set instead. A star stands for
 * every setting of the section.
 */
const owned: Record<string, Record<string, string>> = {
    core: {
        executor: "is KubernetesExecutor: network, quotas and rights are made for it",
        auth_manager: login,
        simple_auth_manager_users: login,
        simple_auth_manager_all_admins: login,
        simple_auth_manager_passwords_file: login,
        fernet_key: keys,
        sql_alchemy_conn: database,
        parallelism: "is set by orchestrator.parallelism",
        execution_api_server_url: "is the platform's own: the API's address inside of the cluster",
        dags_folder: places,
        hide_sensitive_var_conn_fields: "is the platform's own: secrets are hidden in pages and logs",
        sensitive_var_conn_names: "is the platform's own: secrets are hidden in pages and logs",
    },
    database: {
        sql_alchemy_conn: database,
        sql_alchemy_conn_async: database,
        sql_alchemy_connect_args: database,
        sql_alchemy_engine_args: database,
    },
    api: {
        base_url: "is set by ingress.hosts.orchestrator",
        auth_backends: login,
        secret_key: keys,
        ssl_cert: tls,
        ssl_key: tls,
        ssl_ca_file: tls,
        client_use_public_certs: tls,
        host: "is the platform's own: the Service and NetworkPolicies name it",
        port: "is the platform's own: the Service and NetworkPolicies name it",
        expose_config: "would show airflow.cfg to whoever may see the pages; read it in the stack's rendered manifests",
    },
    api_auth: { "*": login },
    fab: { auth_backends: login, auth_rate_limited: login, config_file: login },
    webserver: {
        secret_key: keys,
        expose_config: "would show airflow.cfg to whoever may see the pages",
        config_file: login,
        base_url: "is set by ingress.hosts.orchestrator",
    },
    dag_processor: { parsing_processes: "is set by orchestrator.parsingProcesses", dag_bundle_config_list: places },
    secrets: { backend: files, backend_kwargs: files },
    workers: { secrets_backend: files, secrets_backend_kwargs: files },
    logging: {
        remote_logging: logs,
        remote_base_log_folder: logs,
        remote_log_conn_id: logs,
        base_log_folder: logs,
        encrypt_s3_logs: logs,
        remote_task_handler_kwargs: logs,
    },
    kubernetes_executor: {
        namespace: pods,
        pod_template_file: pods,
        in_cluster: pods,
        config_file: pods,
        cluster_context: pods,
        verify_ssl: tls,
        ssl_ca_cert: tls,
        worker_container_repository: "is set by images",
        worker_container_tag: "is set by images",
        multi_namespace_mode: pods,
        multi_namespace_mode_namespace_list: pods,
    },
};

/** Section of Airflow 2, which Airflow still reads. */
const formerly: Record<string, string | undefined> = { kubernetes: "kubernetes_executor" };

/** Reason why a setting of airflow.cfg can't be set from the side; undefined for one that can. */
export function ownedSetting(section: string, setting: string): string | undefined {
    const lower = section.toLowerCase();
    const within = owned[formerly[lower] ?? lower];
    if (within === undefined) return undefined;
    // Airflow asks for what is secret in two more ways, and takes any case.
    const name = setting.toLowerCase().replace(/_(cmd|secret)$/, "");
    return within[setting.toLowerCase()] ?? within[name] ?? within["*"];
}

/** Settings of airflow.cfg that a config lays over the platform's. */
export function airflowSettings({ chartValues }: PlatformConfig): Problem[] {
    const path = ["chartValues", "airflow", "config"];
    return Object.entries(chartValues.airflow?.config ?? {}).flatMap(([section, settings]) => {
        if (!isObject(settings)) {
            return [
                {
                    key: keyPath([...path, section]),
                    message: "must be a section of airflow.cfg: settings and their values",
                },
            ];
        }
        return Object.entries(settings).flatMap(([setting, value]) => {
            const why = ownedSetting(section, setting) ?? (typeof value === "object" ? notOneValue : undefined);
            return why ? [{ key: keyPath([...path, section, setting]), message: why }] : [];
        });
    });
}

const notOneValue =
    "must be one value, as it stands in a line of airflow.cfg; a list or a group is written as a text of JSON";
