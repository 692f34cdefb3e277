// The table of contents: what the platform is made of, in the order in which the parts need each other.
import {
    Airflow,
    CertificateAuthority,
    CertManager,
    cluster,
    Crds,
    databases,
    Kafka,
    Minio,
    Mlflow,
    Namespaces,
    SparkHistoryServer,
    SparkOperator,
} from "./components";
import { load } from "./config/load";
import { retainedSystems } from "./config/retention";
import { flights } from "./workloads";

const config = load();
const { images, charts, credentials, kubernetes, protect } = config;
const { podSecurityVersion } = config.namespaces;
const opts = { provider: cluster("cluster", kubernetes) };

// The cluster plane: once a cluster.
const certManager = new CertManager(
    "cert-manager",
    {
        chart: charts.certManager,
        crds: new Crds(
            "cert-manager-crds",
            { key: "crds.certManager", sources: config.crds.certManager, kubernetes },
            opts,
        ),
        imageRegistry: config.certificates.imageRegistry,
        pullPolicy: images.pullPolicy,
        podSecurityVersion,
    },
    opts,
);
const authority = new CertificateAuthority("certificates", { ...config.certificates, certManager }, opts);

// The platform plane: once a stack.
const ns = new Namespaces(
    "namespaces",
    { ...config.namespaces, kubernetes, retained: retainedSystems(config), protect },
    opts,
);
const common = { images, authority, credentials, protect };

const store = new Minio(
    "minio",
    { ...config.objectStore, ...common, namespace: ns.storage, chart: charts.minio },
    opts,
);
const stream = new Kafka(
    "kafka",
    { ...config.eventStream, ...common, namespace: ns.streaming, chart: charts.kafka },
    opts,
);
const database = databases(
    "postgresql",
    { ...config.database, ...common, namespace: ns.database, chart: charts.postgresql },
    opts,
);
const spark = new SparkOperator(
    "spark-operator",
    {
        ...config.spark,
        chart: charts.sparkOperator,
        crds: new Crds(
            "spark-operator-crds",
            { key: "crds.sparkOperator", sources: config.crds.sparkOperator, kubernetes },
            opts,
        ),
        images,
        jobs: ns.jobs,
        store,
        podSecurityVersion,
    },
    opts,
);
if (config.spark.historyServer.enabled) {
    const { resources } = config.spark.historyServer;
    new SparkHistoryServer("spark-history", { runtime: spark, store, resources }, opts);
}
const tracking = new Mlflow(
    "mlflow",
    { ...config.tracking, ...common, namespace: ns.tracking, chart: charts.mlflow, database, store },
    opts,
);
const orchestrator = new Airflow(
    "airflow",
    {
        ...config.orchestrator,
        ...common,
        ...{ namespace: ns.orchestration, jobs: ns.jobs, chart: charts.airflow },
        ...{ database, store, stream, tracking },
    },
    opts,
);

flights(
    {
        config: config.workloads.flights,
        images,
        ...{ namespace: ns.jobs, orchestration: ns.orchestration },
        ...{ stream, store, tracking, spark },
    },
    opts,
);

export const endpoints = {
    objectStore: store.endpoint,
    eventStream: stream.bootstrap,
    database: `${database.host}:${database.port}`,
    tracking: tracking.uri,
    orchestrator: orchestrator.url,
};
export const namespaces = {
    certificates: certManager.namespace.name,
    sparkOperator: spark.operatorNamespace.name,
    storage: ns.storage.name,
    streaming: ns.streaming.name,
    database: ns.database.name,
    tracking: ns.tracking.name,
    orchestration: ns.orchestration.name,
    jobs: ns.jobs.name,
};
export const secrets = {
    objectStoreRoot: store.root.address,
    eventStreamAdmin: stream.admin.address,
    trackingAdmin: tracking.admin.address,
    orchestratorAdmin: orchestrator.admin.address,
};
