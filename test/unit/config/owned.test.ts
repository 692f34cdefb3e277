import assert from "node:assert/strict";

import { settings } from "../../../components/airflow/settings";
import { wallKeys, wallPrefixes } from "../../../components/admission/facts";
import { ownedSetting } from "../../../config/rules/airflow-settings";
import { configProblems } from "../../support/config-problems";

const usual = { profile: "dev", images: { registry: "registry.example.com/data-platform" } };
const nginx = "nginx.ingress.kubernetes.io";

const annotated = (annotations: unknown) => ({ ingress: { annotations } });
const airflow = (values: unknown) => ({ chartValues: { airflow: values } });
const settingsOf = (config: unknown) => airflow({ config });

/** Refused inputs: what is set, the key that is told, a part of the message. */
const refused: [Record<string, unknown>, string, RegExp][] = [
    [
        annotated({ [`${nginx}/proxy-ssl-verify`]: "off" }),
        `ingress.annotations["${nginx}/proxy-ssl-verify"]`,
        /set by the platform.*certificate/,
    ],
    [
        annotated({ [`${nginx}/backend-protocol`]: "HTTP" }),
        `ingress.annotations["${nginx}/backend-protocol"]`,
        /set by the platform/,
    ],
    [
        annotated({ [`${nginx}/proxy-ssl-secret`]: "default/other" }),
        `ingress.annotations["${nginx}/proxy-ssl-secret"]`,
        /set by the platform/,
    ],
    [
        annotated({ "cert-manager.io/cluster-issuer": "other" }),
        'ingress.annotations["cert-manager.io/cluster-issuer"]',
        /set by ingress\.issuer/,
    ],
    [
        annotated({ "cert-manager.io/issuer": "other" }),
        'ingress.annotations["cert-manager.io/issuer"]',
        /set by ingress\.issuer/,
    ],
    [
        annotated({ "kubernetes.io/ingress.class": "nginx" }),
        'ingress.annotations["kubernetes.io/ingress.class"]',
        /set by ingress\.className/,
    ],
    [
        annotated({ [`${nginx}/configuration-snippet`]: "x" }),
        `ingress.annotations["${nginx}/configuration-snippet"]`,
        /lines into nginx/,
    ],
    [
        annotated({ [`${nginx}/ssl-redirect`]: "false" }),
        `ingress.annotations["${nginx}/ssl-redirect"]`,
        /take TLS away/,
    ],
    [
        annotated({ [`${nginx}/mirror-target`]: "https://x.example.com" }),
        `ingress.annotations["${nginx}/mirror-target"]`,
        /copy of each request/,
    ],
    [
        annotated({ "traefik.ingress.kubernetes.io/service.serversscheme": "http" }),
        'ingress.annotations["traefik.ingress.kubernetes.io/service.serversscheme"]',
        /take TLS away/,
    ],
    [
        annotated({ "alb.ingress.kubernetes.io/backend-protocol": "HTTP" }),
        'ingress.annotations["alb.ingress.kubernetes.io/backend-protocol"]',
        /take TLS away/,
    ],
    [annotated({ "pulumi.com/skipAwait": "false" }), 'ingress.annotations["pulumi.com/skipAwait"]', /is Pulumi's/],
    [
        airflow({ airflowPodAnnotations: { "data-platform.io/rotation-x": "1" } }),
        'chartValues.airflow.airflowPodAnnotations["data-platform.io/rotation-x"]',
        /platform's own/,
    ],
    [
        airflow({ airflowPodAnnotations: { "karpenter.sh/do-not-disrupt": "true" } }),
        'chartValues.airflow.airflowPodAnnotations["karpenter.sh/do-not-disrupt"]',
        /as it may be moved/,
    ],
    [
        airflow({ labels: { "data-platform.io/uses-postgresql": "true" } }),
        'chartValues.airflow.labels["data-platform.io/uses-postgresql"]',
        /knows pods by/,
    ],
    [airflow({ labels: { tier: "airflow" } }), "chartValues.airflow.labels.tier", /knows pods by/],
    [
        { chartValues: { keda: { additionalLabels: { app: "x" } } } },
        "chartValues.keda.additionalLabels.app",
        /knows pods by/,
    ],
    [
        { chartValues: { sparkOperator: { commonLabels: { "app.kubernetes.io/name": "x" } } } },
        'chartValues.sparkOperator.commonLabels["app.kubernetes.io/name"]',
        /knows pods by/,
    ],
    [
        settingsOf({ core: { executor: "LocalExecutor" } }),
        "chartValues.airflow.config.core.executor",
        /is KubernetesExecutor/,
    ],
    [
        settingsOf({ core: { EXECUTOR: "LocalExecutor" } }),
        "chartValues.airflow.config.core.EXECUTOR",
        /is KubernetesExecutor/,
    ],
    [
        settingsOf({ core: { parallelism: 9 } }),
        "chartValues.airflow.config.core.parallelism",
        /set by orchestrator\.parallelism/,
    ],
    [settingsOf({ core: { auth_manager: "x.Y" } }), "chartValues.airflow.config.core.auth_manager", /who may come in/],
    [
        settingsOf({ core: { fernet_key_cmd: "cat /x" } }),
        "chartValues.airflow.config.core.fernet_key_cmd",
        /key lies in a Secret/,
    ],
    [
        settingsOf({ core: { hide_sensitive_var_conn_fields: false } }),
        "chartValues.airflow.config.core.hide_sensitive_var_conn_fields",
        /secrets are hidden/,
    ],
    [
        settingsOf({ logging: { remote_logging: "False" } }),
        "chartValues.airflow.config.logging.remote_logging",
        /bucket "logs"/,
    ],
    [
        settingsOf({ secrets: { backend: "x.Y" } }),
        "chartValues.airflow.config.secrets.backend",
        /connections and passwords/,
    ],
    [
        settingsOf({ api_auth: { jwt_expiration_time: 1 } }),
        "chartValues.airflow.config.api_auth.jwt_expiration_time",
        /who may come in/,
    ],
    [
        settingsOf({ kubernetes: { namespace: "default" } }),
        "chartValues.airflow.config.kubernetes.namespace",
        /where tasks run/,
    ],
    [settingsOf({ api: { expose_config: true } }), "chartValues.airflow.config.api.expose_config", /would show/],
    [
        settingsOf({ api: { base_url: "https://x.example.com" } }),
        "chartValues.airflow.config.api.base_url",
        /ingress\.hosts\.orchestrator/,
    ],
    [settingsOf({ core: "x" }), "chartValues.airflow.config.core", /must be a section/],
    [
        settingsOf({ scheduler: { intervals: [1, 2] } }),
        "chartValues.airflow.config.scheduler.intervals",
        /must be one value/,
    ],
    [settingsOf({ logging: null }), "chartValues.airflow.config.logging", /has no value/],
    [settingsOf({ core: { executor: null } }), "chartValues.airflow.config.core.executor", /has no value/],
    [
        settingsOf({ database: { sql_alchemy_conn: "postgresql://u:p@h/d" } }),
        "chartValues.airflow.config.database.sql_alchemy_conn",
        /looks like a secret/,
    ],
    [
        settingsOf({ database: { sql_alchemy_conn_async_secret: "x" } }),
        "chartValues.airflow.config.database.sql_alchemy_conn_async_secret",
        /looks like a secret/,
    ],
    [
        { chartValues: { keda: { prometheus: { operator: null } } } },
        "chartValues.keda.prometheus.operator",
        /has no value/,
    ],
];

/** Right input, near what is refused. */
const taken: Record<string, unknown>[] = [
    annotated({ [`${nginx}/proxy-body-size`]: "5g", [`${nginx}/proxy-read-timeout`]: 600 }),
    annotated({ [`${nginx}/auth-url`]: "https://auth.example.com/check", [`${nginx}/ssl-redirect`]: "true" }),
    annotated({
        "alb.ingress.kubernetes.io/backend-protocol": "HTTPS",
        "alb.ingress.kubernetes.io/scheme": "internal",
    }),
    annotated({ "external-dns.alpha.kubernetes.io/ttl": "60", "cert-manager.io/duration": "2160h" }),
    airflow({ airflowPodAnnotations: { "sidecar.istio.io/inject": "false", "prometheus.io/scrape": "true" } }),
    airflow({ labels: { "example.com/team": "data", "cost-center": "42" } }),
    settingsOf({
        database: { sql_alchemy_pool_size: "10", sql_alchemy_max_overflow: 20, sql_alchemy_pool_recycle: 1800 },
    }),
    settingsOf({ core: { dagbag_import_timeout: 60, default_timezone: "Europe/Berlin", max_active_runs_per_dag: 4 } }),
    settingsOf({ scheduler: { min_file_process_interval: 60, catchup_by_default: false } }),
    settingsOf({ smtp: { smtp_host: "smtp.example.com", smtp_starttls: true } }),
    settingsOf({ api: { access_token_lifetime: 60, secret_name_pattern: "x" }, celery: { worker_concurrency: 4 } }),
];

describe("what the platform owns can't be set from the side", () => {
    for (const [raw, key, message] of refused) {
        it(`refuses ${JSON.stringify(raw).slice(0, 130)}`, () => {
            const found = configProblems({ ...usual, ...raw }, "dev");
            assert.deepEqual(Object.keys(found), [key]);
            assert.match(found[key], message);
        });
    }

    for (const raw of taken) {
        it(`takes ${JSON.stringify(raw).slice(0, 130)}`, () => {
            assert.deepEqual(configProblems({ ...usual, ...raw }, "dev"), {});
        });
    }

    it("each setting that Airflow's component writes is owned, or is one that a team may tune", () => {
        const tuned = [
            ...["core.load_examples", "core.dagbag_import_timeout", "api.workers", "workers.execution_api_retries"],
            ...["dag_processor.dag_file_processor_timeout", "dag_processor.min_file_process_interval"],
            ...["logging.delete_local_logs", "usage_data_collection.enabled"],
            ...["delete_worker_pods", "delete_worker_pods_on_failure", "worker_pods_creation_batch_size"].map(
                (each) => `kubernetes_executor.${each}`,
            ),
            "kubernetes_executor.task_publish_max_retries",
        ];
        const written = settings("https://api", "logs", {
            parallelism: 1,
            parsingProcesses: 1,
            dags: { kind: "image" },
            publicUrl: "https://airflow.example.com",
        });
        const open = Object.entries(written).flatMap(([section, group]) =>
            Object.keys(group)
                .filter((setting) => ownedSetting(section, setting) === undefined)
                .map((setting) => `${section}.${setting}`),
        );
        assert.deepEqual(open.sort(), tuned.sort());
    });

    it("each label that NetworkPolicies and the rules of admission go by is owned", () => {
        for (const label of [...wallKeys, ...wallPrefixes.map((prefix) => `${prefix}x`)]) {
            const found = configProblems({ ...usual, ...airflow({ labels: { [label]: "x" } }) }, "dev");
            assert.equal(Object.keys(found).length, 1, label);
        }
    });
});
