// The table of contents: what the platform is made of, in the order in which the parts need each other.
import { cluster, Kafka, Minio, Namespaces } from "./components";
import { load } from "./config/load";
import { retainedSystems } from "./config/retention";
import { flights } from "./workloads";

const config = load();
const { images, charts, credentials, kubernetes, protect } = config;
const opts = { provider: cluster("cluster", kubernetes) };

const ns = new Namespaces(
    "namespaces",
    { ...config.namespaces, kubernetes, retained: retainedSystems(config), protect },
    opts,
);

const store = new Minio(
    "minio",
    { ...config.objectStore, namespace: ns.storage, chart: charts.minio, images, credentials, protect },
    opts,
);
const stream = new Kafka(
    "kafka",
    { ...config.eventStream, namespace: ns.streaming, chart: charts.kafka, images, credentials, protect },
    opts,
);

flights({ config: config.workloads.flights, images, namespace: ns.jobs, stream, store }, opts);

export const endpoints = { objectStore: store.endpoint, eventStream: stream.bootstrap };
export const namespaces = { storage: ns.storage.name, streaming: ns.streaming.name, jobs: ns.jobs.name };
export const secrets = { objectStoreRoot: store.root.address, eventStreamAdmin: stream.admin.address };
