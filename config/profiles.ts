import { base, Defaults } from "./defaults";
import { ephemeralOf } from "./profile-ephemeral";
import { Profile } from "./schema";
import { certificatesDefaults } from "./sections/certificates";
import { highlyAvailable } from "./sections/event-stream";
import { QuotaConfig } from "./sections/namespaces";
import { orchestratorProd } from "./sections/orchestrator";
import { sparkDefaults } from "./sections/spark";
import { small } from "./sizes-small";

/** Three servers, of which one writes and another takes over. */
const replicated = { kind: "cloudnativepg", instances: 3 } as const;

/** A proxy that goes takes nobody's way out with it. */
const twoProxies = { egress: { ...base.egress, replicas: 2 } };

/** Quota of all jobs together. */
const withJobs = (jobs: QuotaConfig): Defaults["namespaces"] => ({ ...base.namespaces, quotas: { jobs } });

/** Defaults by profile. A stack file overrides single keys; a list is replaced as a whole. */
export const profiles: Record<Profile, Defaults> = {
    dev: base,
    // The shape of prod in small sizes.
    staging: {
        ...base,
        ...twoProxies,
        namespaces: withJobs({ cpu: "16", memory: "32Gi", memoryLimit: "64Gi", pods: 100, storage: "200Gi" }),
        objectStore: { ...base.objectStore, nodes: 4, storage: "10Gi" },
        eventStream: { ...base.eventStream, ...highlyAvailable },
        database: { ...base.database, ...replicated, storage: "10Gi" },
        tracking: { ...base.tracking, replicas: 2 },
        orchestrator: orchestratorProd,
    },
    prod: {
        ...base,
        ...twoProxies,
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
