import { PlatformConfig, Profile } from "./schema";
import { certificatesDefaults } from "./systems/certificates";
import { databaseDefaults } from "./systems/database";
import { orchestratorDefaults, orchestratorProd, orchestratorSandbox } from "./systems/orchestrator";
import { sparkDefaults } from "./systems/spark";
import { trackingDefaults } from "./systems/tracking";
import { workloadsDefaults } from "./systems/workloads";
import { charts } from "./versions";

/** What a profile leaves for the stack file to say is optional here; everything else has a default. */
export type Defaults = Omit<PlatformConfig, "profile" | "images"> & {
    images: Partial<PlatformConfig["images"]>;
};

const base: Defaults = {
    kubernetes: {},
    // Known to every supported Kubernetes (1.30 on), and it has the probe-host rule of 1.34; an older server treats it as its latest.
    namespaces: { podSecurityVersion: "v1.34" },
    images: { pullPolicy: "IfNotPresent" },
    charts: {
        minio: "./charts/minio",
        kafka: "./charts/kafka",
        postgresql: "./charts/postgresql",
        mlflow: "./charts/mlflow",
        airflow: "https://airflow.apache.org",
        sparkOperator: "https://kubeflow.github.io/spark-operator",
        certManager: "https://charts.jetstack.io",
    },
    crds: {
        certManager: [
            `https://github.com/cert-manager/cert-manager/releases/download/${charts.certManager}/cert-manager.crds.yaml`,
        ],
        sparkOperator: ["scheduledsparkapplications", "sparkapplications", "sparkconnects"].map(
            (plural) =>
                `https://raw.githubusercontent.com/kubeflow/spark-operator/v${charts.sparkOperator}/charts/spark-operator-chart/crds/sparkoperator.k8s.io_${plural}.yaml`,
        ),
    },
    certificates: certificatesDefaults,
    objectStore: {
        kind: "minio",
        storage: "20Gi",
        retain: false,
        region: "us-east-1",
        console: true,
        resources: { requests: { cpu: "100m", memory: "512Mi" }, limits: { memory: "1Gi" } },
        rotation: 1,
        buckets: [
            { name: "bronze", writers: ["land"], readers: ["audit", "gold", "score", "train"] },
            { name: "gold", writers: ["gold", "score"], readers: ["train"] },
            { name: "models", writers: ["mlflow"] },
            { name: "logs", writers: ["airflow"] },
            { name: "spark-events", writers: ["gold"], readers: ["spark-history"] },
        ],
    },
    eventStream: {
        kind: "kafka",
        nodes: 1,
        storage: "10Gi",
        retain: false,
        minInsyncReplicas: 1,
        heap: "512m",
        resources: { requests: { cpu: "200m", memory: "768Mi" }, limits: { memory: "1536Mi" } },
        rotation: 1,
        topics: [
            { name: "flights", partitions: 3, producers: ["ingest"], consumers: ["land"] },
            { name: "flights-dead-letter", partitions: 1, producers: ["land"], consumers: [] },
            // How far each source has been read: must never expire, so it is compacted.
            {
                name: "ingest-progress",
                partitions: 1,
                config: { "cleanup.policy": "compact" },
                producers: ["ingest"],
                consumers: ["ingest"],
            },
            // The gold table of delays by carrier and month, one record each, the latest kept.
            {
                name: "delays",
                partitions: 1,
                config: { "cleanup.policy": "compact" },
                producers: ["gold"],
                consumers: ["airflow"],
            },
        ],
    },
    database: databaseDefaults,
    spark: sparkDefaults,
    tracking: trackingDefaults,
    orchestrator: orchestratorDefaults,
    workloads: workloadsDefaults,
    protect: false,
};

/** Three nodes, so that one may be lost or restarted while the other two still accept records. */
const highlyAvailable = { nodes: 3, minInsyncReplicas: 2 };

/** Defaults by profile. A stack file overrides single keys; a list is replaced as a whole. */
export const profiles: Record<Profile, Defaults> = {
    dev: base,
    staging: { ...base, eventStream: { ...base.eventStream, ...highlyAvailable } },
    prod: {
        ...base,
        objectStore: {
            ...base.objectStore,
            storage: "500Gi",
            retain: true,
            resources: { requests: { cpu: "1", memory: "2Gi" }, limits: { memory: "4Gi" } },
        },
        eventStream: {
            ...base.eventStream,
            ...highlyAvailable,
            storage: "100Gi",
            retain: true,
            heap: "2g",
            resources: { requests: { cpu: "1", memory: "3Gi" }, limits: { memory: "4Gi" } },
        },
        database: { ...base.database, storage: "50Gi", retain: true },
        tracking: { ...base.tracking, replicas: 2 },
        orchestrator: orchestratorProd,
        protect: true,
    },
    // One small machine: what the measured working sets need and little more.
    sandbox: {
        ...base,
        images: { registry: "localhost/data-platform", pullPolicy: "Never" },
        // What reaches no chart repository: the charts out of Go modules, prepared by the sandbox, and the light one for Airflow.
        charts: {
            ...base.charts,
            airflow: "./charts/airflow",
            sparkOperator: "./.sandbox/charts/spark-operator",
            certManager: "./.sandbox/charts/cert-manager",
        },
        crds: {
            certManager: ["./.sandbox/crds/cert-manager/*.json"],
            sparkOperator: ["./.sandbox/crds/spark-operator/*.json"],
        },
        certificates: { ...certificatesDefaults, imageRegistry: "localhost/data-platform" },
        spark: {
            ...sparkDefaults,
            operator: {
                imageRegistry: "localhost/data-platform",
                resources: { requests: { cpu: "50m", memory: "192Mi" }, limits: { memory: "1Gi" } },
            },
        },
        // `make sandbox` runs it and shows it.
        workloads: { flights: { enabled: true, timeZone: "Etc/UTC" } },
        objectStore: {
            ...base.objectStore,
            storage: "5Gi",
            resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "1Gi" } },
        },
        eventStream: {
            ...base.eventStream,
            storage: "5Gi",
            heap: "384m",
            resources: { requests: { cpu: "100m", memory: "640Mi" }, limits: { memory: "1Gi" } },
        },
        database: {
            ...base.database,
            storage: "5Gi",
            resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
        },
        orchestrator: orchestratorSandbox,
        tracking: {
            ...base.tracking,
            resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "1Gi" } },
        },
    },
};
