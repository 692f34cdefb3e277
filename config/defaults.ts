import { upstreamCrds } from "./crds";
import { PlatformConfig } from "./schema";
import { certificatesDefaults } from "./sections/certificates";
import { clusterDefaults } from "./sections/cluster";
import { databaseDefaults } from "./sections/database";
import { egressDefaults } from "./sections/egress";
import { eventStreamDefaults } from "./sections/event-stream";
import { ingressDefaults } from "./sections/ingress";
import { objectStoreDefaults } from "./sections/object-store";
import { orchestratorDefaults } from "./sections/orchestrator";
import { schedulingDefaults } from "./sections/scheduling";
import { sparkDefaults } from "./sections/spark";
import { trackingDefaults } from "./sections/tracking";
import { workloadsDefaults } from "./sections/workloads";

/** Defaults of a profile: optional where the stack file has to say it; everything else has a default. */
export type Defaults = Omit<PlatformConfig, "profile" | "images"> & {
    images: Partial<PlatformConfig["images"]>;
};

/** Defaults of every profile, and those of dev as they are. */
export const base: Defaults = {
    kubernetes: {},
    // Known to every supported Kubernetes (1.30 on), and it has the probe-host rule of 1.34; an older server treats it as its latest.
    namespaces: {
        podSecurityVersion: "v1.34",
        quotas: { jobs: { cpu: "8", memory: "16Gi", memoryLimit: "32Gi", pods: 60, storage: "100Gi" } },
    },
    cluster: clusterDefaults,
    scheduling: schedulingDefaults,
    ingress: ingressDefaults,
    egress: egressDefaults,
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
