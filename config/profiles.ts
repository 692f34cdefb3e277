import { upstreamCrds } from "./crds";
import { ephemeralOf } from "./profile-ephemeral";
import { PlatformConfig, Profile } from "./schema";
import { small } from "./sizes-small";
import { certificatesDefaults } from "./sections/certificates";
import { clusterDefaults } from "./sections/cluster";
import { databaseDefaults } from "./sections/database";
import { eventStreamDefaults, highlyAvailable } from "./sections/event-stream";
import { ingressDefaults } from "./sections/ingress";
import { QuotaConfig } from "./sections/namespaces";
import { objectStoreDefaults } from "./sections/object-store";
import { orchestratorDefaults, orchestratorProd } from "./sections/orchestrator";
import { schedulingDefaults } from "./sections/scheduling";
import { sparkDefaults } from "./sections/spark";
import { trackingDefaults } from "./sections/tracking";
import { workloadsDefaults } from "./sections/workloads";

/** What a profile leaves for the stack file to say is optional here; everything else has a default. */
export type Defaults = Omit<PlatformConfig, "profile" | "images"> & {
    images: Partial<PlatformConfig["images"]>;
};

const base: Defaults = {
    kubernetes: {},
    // Known to every supported Kubernetes (1.30 on), and it has the probe-host rule of 1.34; an older server treats it as its latest.
    namespaces: {
        podSecurityVersion: "v1.34",
        quotas: { jobs: { cpu: "8", memory: "16Gi", memoryLimit: "32Gi", pods: 60, storage: "100Gi" } },
    },
    cluster: clusterDefaults,
    scheduling: schedulingDefaults,
    ingress: ingressDefaults,
    chartVersions: {},
    chartValues: {},
    autoscaling: { keda: false },
    images: { pullPolicy: "IfNotPresent" },
    charts: {
        minio: "./charts/minio",
        kafka: "./charts/kafka",
        postgresql: "./charts/postgresql",
        mlflow: "./charts/mlflow",
        airflow: "https://airflow.apache.org",
        sparkOperator: "https://kubeflow.github.io/spark-operator",
        certManager: "https://charts.jetstack.io",
        strimzi: "oci://quay.io/strimzi-helm/strimzi-kafka-operator",
        cloudNativePg: "https://cloudnative-pg.github.io/charts",
        keda: "https://kedacore.github.io/charts",
    },
    crds: upstreamCrds({}),
    certificates: certificatesDefaults,
    objectStore: objectStoreDefaults,
    eventStream: eventStreamDefaults,
    database: databaseDefaults,
    spark: sparkDefaults,
    tracking: trackingDefaults,
    orchestrator: orchestratorDefaults,
    workloads: workloadsDefaults,
    protect: false,
};

/** Three servers, of which one writes and another takes over. */
const replicated = { kind: "cloudnativepg", instances: 3 } as const;

/** What all jobs together may take. */
const withJobs = (jobs: QuotaConfig): Defaults["namespaces"] => ({ ...base.namespaces, quotas: { jobs } });

/** Defaults by profile. A stack file overrides single keys; a list is replaced as a whole. */
export const profiles: Record<Profile, Defaults> = {
    dev: base,
    // The shape of prod in small sizes.
    staging: {
        ...base,
        namespaces: withJobs({ cpu: "16", memory: "32Gi", memoryLimit: "64Gi", pods: 100, storage: "200Gi" }),
        objectStore: { ...base.objectStore, nodes: 4, storage: "10Gi" },
        eventStream: { ...base.eventStream, ...highlyAvailable },
        database: { ...base.database, ...replicated, storage: "10Gi" },
        tracking: { ...base.tracking, replicas: 2 },
        orchestrator: orchestratorProd,
    },
    prod: {
        ...base,
        namespaces: withJobs({ cpu: "64", memory: "256Gi", memoryLimit: "512Gi", pods: 500, storage: "2Ti" }),
        // A node that goes must never take two copies of the same data with it.
        scheduling: { ...base.scheduling, podAntiAffinity: "required" },
        cluster: { ...base.cluster, webhookReplicas: 2 },
        objectStore: {
            ...base.objectStore,
            nodes: 4,
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
        database: {
            ...base.database,
            ...replicated,
            storage: "50Gi",
            retain: true,
            resources: { requests: { cpu: "500m", memory: "1Gi" }, limits: { memory: "2Gi" } },
        },
        tracking: { ...base.tracking, replicas: 2, maxReplicas: 4 },
        orchestrator: { ...orchestratorProd, apiServer: { ...orchestratorProd.apiServer, maxReplicas: 4 } },
        protect: true,
    },
    // One small machine.
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
            ...base.crds,
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
        workloads: { flights: { enabled: true, timeZone: "Etc/UTC", priority: "batch" } },
        // What reaches no registry builds its object store.
        ...small({ ...base, objectStore: { ...base.objectStore, image: "built" } }),
    },
    ephemeral: ephemeralOf(base),
};
