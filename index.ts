// The table of contents: what the platform is made of, in the order in which the parts need each other.
import {
    Admission,
    Airflow,
    CertificateAuthority,
    runPreflight,
    kubernetesProvider,
    onCluster,
    createClusterPlane,
    createDatabase,
    createEventStream,
    holdToQuota,
    Mlflow,
    Namespaces,
    createObjectStore,
    placements,
    SparkHistoryServer,
    SparkJobs,
    stackOutput,
    Ingresses,
    webhookCheckName,
    withNamedEgress,
} from "./components";
import { load } from "./config/load";
import { pullSecretOf } from "./config/pull-secret";
import { quotaOf } from "./config/quotas";
import { retainedSystems } from "./config/retention";
import { declareOwnWorkloads, flights } from "./workloads";

const config = load();
const { images, sources: charts, credentials, kubernetes, protect, ingress } = config;
runPreflight(config);
onCluster({ dns: kubernetes.dns, podUser: kubernetes.podUser, pullSecret: pullSecretOf(config) });
const opts = { provider: kubernetesProvider("cluster", kubernetes) };

const ns = new Namespaces(
    "namespaces",
    {
        prefix: config.namespaces.prefix,
        podSecurityVersion: config.namespaces.podSecurityVersion,
        kubernetes,
        quota: (system) => quotaOf(config, system),
        retained: retainedSystems(config),
        ephemeral: config.profile === "ephemeral",
        protect,
    },
    opts,
);
holdToQuota(config, ns.jobs);

// The cluster add-ons: once a cluster.
const plane = createClusterPlane("cluster-plane", { config, namespaces: ns }, opts);
const { network, operators } = plane;

// The platform plane: once a stack.
const places = placements(config.scheduling);
const { platform: placement } = places;
const authority = new CertificateAuthority(
    "certificates",
    { duration: config.certificates.duration, renewBefore: config.certificates.renewBefore, issuer: plane.issuer },
    opts,
);
const store = createObjectStore(
    "minio",
    {
        config: config.objectStore,
        namespace: ns.storage,
        chart: charts.minio,
        images,
        placement,
        network,
        authority,
        credentials,
        protect,
    },
    opts,
);
const stream = createEventStream(
    "kafka",
    {
        config: config.eventStream,
        namespace: ns.streaming,
        chart: charts.kafka,
        images,
        placement,
        network,
        authority,
        credentials,
        protect,
        operator: operators.strimzi,
    },
    opts,
);
const database = createDatabase(
    "postgresql",
    {
        config: config.database,
        namespace: ns.database,
        chart: charts.postgresql,
        images,
        placement,
        network,
        authority,
        credentials,
        protect,
        operator: operators.cloudNativePg,
        kubernetes,
    },
    opts,
);
// Workloads run here, and may name hosts outside: a proxy is made when one does.
const jobs = withNamedEgress(
    ns.jobs,
    {
        config: config.egress,
        namespaces: config.namespaces,
        ephemeral: config.profile === "ephemeral",
        kubernetes,
        images,
        placement,
        network,
    },
    opts,
);
// What DAGs and Spark programs may start, as all that follows declares it.
const rules = new Admission("admission", { orchestration: ns.orchestration, jobs, exempt: [webhookCheckName] }, opts);
const spark = new SparkJobs(
    "spark",
    {
        namespace: jobs,
        images,
        placement,
        network,
        rules,
        store,
        operator: operators.spark,
        installed: [charts.sparkOperator, config.spark.operator],
    },
    opts,
);
const { historyServer } = config.spark;
if (historyServer.enabled) {
    new SparkHistoryServer(
        "spark-history",
        { runtime: spark, placement, store, resources: historyServer.resources },
        opts,
    );
}
const tracking = new Mlflow(
    "mlflow",
    {
        config: config.tracking,
        namespace: ns.tracking,
        chart: charts.mlflow,
        images,
        placement,
        authority,
        credentials,
        database,
        store,
        host: ingress.hosts.tracking,
    },
    opts,
);
const templates = declareOwnWorkloads(
    config.workloads.own,
    {
        namespace: jobs,
        orchestration: ns.orchestration,
        images,
        placements: places,
        secrets: config.secrets,
        store,
        stream,
        tracking,
        spark,
        keda: operators.keda,
    },
    opts,
);
const orchestrator = new Airflow(
    "airflow",
    {
        config: config.orchestrator,
        namespace: ns.orchestration,
        chart: charts.airflow,
        images,
        placements: places,
        network,
        authority,
        credentials,
        database,
        store,
        stream,
        tracking,
        jobs,
        rules,
        templates,
        publicUrl: ingress.hosts.orchestrator && `https://${ingress.hosts.orchestrator}`,
    },
    opts,
);
new Ingresses(
    "ingress",
    {
        config: ingress,
        namespaces: ns,
        images,
        placement,
        network,
        authority,
        platformIssuer: plane.issuer,
        store,
        tracking,
        orchestrator,
    },
    opts,
);

flights(
    {
        config: config.workloads.flights,
        namespace: jobs,
        images,
        placements: places,
        store,
        stream,
        tracking,
        spark,
        orchestration: ns.orchestration,
    },
    opts,
);

export const endpoints = stackOutput({
    objectStore: store.endpoint,
    eventStream: stream.bootstrap,
    database: `${database.host}:${database.port}`,
    tracking: tracking.uri,
    orchestrator: orchestrator.url,
});
export const hosts = stackOutput(ingress.hosts);
export const namespaces = stackOutput({
    ...plane.namespaces,
    storage: ns.storage.name,
    streaming: ns.streaming.name,
    database: ns.database.name,
    tracking: ns.tracking.name,
    orchestration: ns.orchestration.name,
    jobs: ns.jobs.name,
});
export const secrets = stackOutput({
    objectStoreRoot: store.root?.address,
    eventStreamAdmin: stream.admin?.address,
    trackingAdmin: tracking.admin.address,
    orchestratorAdmin: orchestrator.admin.address,
});
/** For stacks that share this one's cluster add-ons. */
export const clusterPlaneOutput = stackOutput(plane.output);
