// The table of contents: what the platform is made of, in the order in which the parts need each other.
import {
    Admission,
    Airflow,
    CertificateAuthority,
    checkFirst,
    cluster,
    clusterPlane,
    databases,
    eventStreams,
    Mlflow,
    Namespaces,
    objectStores,
    placements,
    SparkHistoryServer,
    SparkJobs,
    WaysIn,
    webhookCheckName,
} from "./components";
import { load } from "./config/load";
import { quotaOf } from "./config/quotas";
import { retainedSystems } from "./config/retention";
import { flights } from "./workloads";

const config = load();
const { images, sources: charts, credentials, kubernetes, protect, ingress } = config;
checkFirst(config);
const opts = { provider: cluster("cluster", kubernetes) };

const ns = new Namespaces(
    "namespaces",
    {
        ...config.namespaces,
        ...{ kubernetes, protect },
        retained: retainedSystems(config),
        ephemeral: config.profile === "ephemeral",
        quota: (system) => quotaOf(config, system),
    },
    opts,
);

// The cluster plane: once a cluster.
const plane = clusterPlane("cluster-plane", { config, namespaces: ns }, opts);

// The platform plane: once a stack.
const authority = new CertificateAuthority("certificates", { ...config.certificates, issuer: plane.issuer }, opts);
const places = placements(config.scheduling);
const { network } = plane;
const common = { images, authority, network, credentials, protect, placement: places.platform, placements: places };

const store = objectStores(
    "minio",
    { ...config.objectStore, ...common, namespace: ns.storage, chart: charts.minio },
    opts,
);
const stream = eventStreams(
    "kafka",
    {
        ...config.eventStream,
        ...common,
        ...{ namespace: ns.streaming, chart: charts.kafka },
        ...{ kubernetes, operator: plane.operators.strimzi },
    },
    opts,
);
const database = databases(
    "postgresql",
    {
        ...config.database,
        ...common,
        ...{ namespace: ns.database, chart: charts.postgresql },
        ...{ kubernetes, operator: plane.operators.cloudNativePg },
    },
    opts,
);
// What DAGs and Spark programs may start, as all that follows declares it.
const rules = new Admission("admission", { ...ns, exempt: [webhookCheckName] }, opts);
const spark = new SparkJobs(
    "spark",
    {
        ...common,
        ...{ namespace: ns.jobs, rules, store, operator: plane.operators.spark },
        installed: [charts.sparkOperator, config.spark.operator],
    },
    opts,
);
if (config.spark.historyServer.enabled) {
    const { resources } = config.spark.historyServer;
    new SparkHistoryServer("spark-history", { runtime: spark, store, resources, placement: places.platform }, opts);
}
const tracking = new Mlflow(
    "mlflow",
    {
        ...config.tracking,
        ...common,
        ...{ namespace: ns.tracking, chart: charts.mlflow, host: ingress.hosts.tracking },
        ...{ database, store },
    },
    opts,
);
const orchestrator = new Airflow(
    "airflow",
    {
        ...config.orchestrator,
        ...common,
        ...{ namespace: ns.orchestration, jobs: ns.jobs, rules, chart: charts.airflow },
        ...{ database, store, stream, tracking },
        publicUrl: ingress.hosts.orchestrator && `https://${ingress.hosts.orchestrator}`,
    },
    opts,
);
new WaysIn(
    "ingress",
    { ...ingress, authority, platformIssuer: plane.issuer, ...{ store, tracking, orchestrator }, namespaces: ns },
    opts,
);

flights(
    {
        config: config.workloads.flights,
        ...{ images, placements: places },
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
export const hosts = ingress.hosts;
export const namespaces = {
    ...plane.namespaces,
    storage: ns.storage.name,
    streaming: ns.streaming.name,
    database: ns.database.name,
    tracking: ns.tracking.name,
    orchestration: ns.orchestration.name,
    jobs: ns.jobs.name,
};
export const secrets = {
    objectStoreRoot: store.root?.address,
    eventStreamAdmin: stream.admin?.address,
    trackingAdmin: tracking.admin.address,
    orchestratorAdmin: orchestrator.admin.address,
};
/** For stacks that share this one's cluster plane. */
export const clusterPlaneOutput = plane.output;
