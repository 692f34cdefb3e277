import { PlatformConfig } from "../../../config/schema";
import { System } from "../../../config/sizing/part";
import { egressSystem } from "../../../config/sections/egress";
import { hostOf, storeAddress, stsAddress } from "../../../config/object-store";
import { proxiesOf } from "../../../config/sections/ingress";
import { clusterDns } from "../../../config/sections/kubernetes";
import { repositoryHost } from "../../../config/sections/orchestrator";
import { prefix } from "../../../components/labels";
import { networkOf } from "../../../components/network";

/** One end of a connection. */
export type Endpoint = PodEndpoint | AddressEndpoint;

/** Pods, known by their namespace and labels. */
export interface PodEndpoint {
    /** As people call it. */
    title: string;
    namespace: Where;
    /** Labels that its pods have: this value, one of these, or any for `*`. @default all pods there */
    labels?: Record<string, string | readonly string[]>;
    /** Namespaces and labels by the config, in place of these two. @default these two */
    selected?: (config: PlatformConfig) => { namespace: string; labels: Record<string, string> }[];
    /** Keys of the config that say so, for the page. */
    selectedBy?: { namespace: string; labels?: string };
}

/** Addresses outside of the cluster, or pods that no labels identify. */
export interface AddressEndpoint {
    /** As people call it. */
    title: string;
    /** Ranges of addresses; none when it may be any but those that are never opened (config/addresses.ts). */
    cidrs: (config: PlatformConfig) => readonly string[] | undefined;
    /** Tells whether a policy of the network plugin's own opens it by name, and no NetworkPolicy does. @default never */
    named?: (config: PlatformConfig) => boolean;
    /** One that begins is let in from these addresses only. @default whoever comes from outside comes from any */
    narrow?: boolean;
    /** Addresses that are nobody's on the internet aren't among them. @default false */
    onlyPublic?: boolean;
    /** Addresses that are opened although they are link-local. @default never */
    linkLocal?: boolean;
}

/** The namespaces of a party: one system's of the stack, one by its name, or all of the stack, of the platform, of the cluster. */
export type Where =
    | System
    | typeof egressSystem
    | { named: string | ((config: PlatformConfig) => string) }
    | { all: "stack" | "platform" | "cluster" };

type OperatorNamespace = "cert-manager" | "spark-operator" | "strimzi-operator" | "cnpg-system" | "keda";

const app = "app.kubernetes.io";
const operator = (namespace: OperatorNamespace, title: string, labels?: PodEndpoint["labels"]): PodEndpoint => ({
    title,
    namespace: { named: namespace },
    labels,
});

/** A part of one of our own charts. */
const part = (title: string, namespace: System, name: string, component: string): PodEndpoint => ({
    title,
    namespace,
    labels: { [`${app}/name`]: name, [`${app}/component`]: component },
});

/** Pods of the stack whose label says that they use a system. */
const clients = (system: string, title: string): PodEndpoint => ({
    title,
    namespace: { all: "stack" },
    labels: { [`${prefix}/uses-${system}`]: "true" },
});

const airflow = (title: string, ...components: string[]): PodEndpoint => ({
    title,
    namespace: "orchestration",
    labels: { tier: "airflow", component: components },
});

const anywhere = () => undefined;

/** The network plugin knows it by what it is. */
function onCilium({ kubernetes }: PlatformConfig): boolean {
    return kubernetes.networkPlugin === "cilium";
}

// Of the cluster itself.
export const everyPod: PodEndpoint = { title: "every pod of the platform", namespace: { all: "platform" } };
export const dns: PodEndpoint = {
    title: "the cluster's DNS",
    namespace: { named: "kube-system" },
    labels: { "k8s-app": "kube-dns" },
    selected: ({ kubernetes }) => clusterDns(kubernetes).pods,
    selectedBy: { namespace: "`kubernetes.dns.pods`" },
};
export const dnsAddresses: AddressEndpoint = {
    title: "a DNS that is no pod",
    cidrs: ({ kubernetes }) => clusterDns(kubernetes).addresses,
    linkLocal: true,
};
export const loadBalancers: AddressEndpoint = {
    title: "addresses that visitors come from",
    cidrs: ({ ingress }) => ingress.from,
    narrow: true,
};
export const apiServer: AddressEndpoint = {
    title: "the Kubernetes API server",
    cidrs: ({ kubernetes }) => kubernetes.apiServer?.cidrs,
    named: onCilium,
};
export const ingressController: PodEndpoint = {
    title: "the ingress controller",
    namespace: { named: ({ ingress }) => proxiesOf(ingress).namespace },
    selected: ({ ingress }) => [proxiesOf(ingress)],
    selectedBy: { namespace: "`ingress.controllerNamespace`", labels: "`ingress.controllerLabels`" },
};
export const caCopies: PodEndpoint = {
    title: "the jobs that copy the CA",
    namespace: { all: "stack" },
    labels: { [`${app}/component`]: "ingress" },
};
export const solvers: PodEndpoint = {
    title: "solvers of cert-manager's",
    namespace: { all: "stack" },
    labels: { "acme.cert-manager.io/http01-solver": "true" },
};
export const prometheus: PodEndpoint = {
    title: "Prometheus",
    namespace: { all: "cluster" },
    labels: { [`${app}/name`]: "prometheus" },
};
export const ownHosts: AddressEndpoint = {
    title: "the stack's own hosts, as the world sees them",
    cidrs: ({ ingress }) => ingress.cidrs,
};
export const issuers: AddressEndpoint = { title: "the issuer's server", cidrs: anywhere };
export const failureWebhook: AddressEndpoint = {
    title: "the webhook for failures",
    cidrs: (config) => webhookAt(config)?.cidrs,
    named: (config) => webhookAt(config)?.name !== undefined,
};
function webhookAt({ kubernetes, orchestrator: { onFailure } }: PlatformConfig) {
    return onFailure && networkOf(kubernetes).outside({ port: 443, ...onFailure });
}
export const repositories: AddressEndpoint = {
    title: "the git server of the DAGs",
    cidrs: ({ kubernetes, orchestrator: { dags } }) =>
        dags.repo ? networkOf(kubernetes).outside(repositoryHost(dags)).cidrs : undefined,
    named: ({ kubernetes, orchestrator: { dags } }) =>
        dags.repo !== undefined && networkOf(kubernetes).outside(repositoryHost(dags)).name !== undefined,
};

// The cluster add-ons.
export const certManager = operator("cert-manager", "cert-manager");
export const certManagerController = operator("cert-manager", "cert-manager's controller", {
    [`${app}/instance`]: "cert-manager",
    [`${app}/component`]: "controller",
});
export const certManagerWebhook = operator("cert-manager", "cert-manager's webhook", {
    [`${app}/instance`]: "cert-manager",
    [`${app}/component`]: "webhook",
});
export const sparkOperator = operator("spark-operator", "the Spark operator");
export const sparkWebhook = operator("spark-operator", "the Spark operator's webhook", {
    [`${app}/instance`]: "spark-operator",
    [`${app}/component`]: "webhook",
});
export const strimzi = operator("strimzi-operator", "the Strimzi operator", { "strimzi.io/kind": "cluster-operator" });
export const strimziPods = operator("strimzi-operator", "pods of the Strimzi operator");
export const cloudNativePg = operator("cnpg-system", "the CloudNativePG operator", {
    [`${app}/name`]: "cloudnative-pg",
});
export const cloudNativePgPods = operator("cnpg-system", "pods of the CloudNativePG operator");
export const keda = operator("keda", "KEDA");
export const kedaOperator = operator("keda", "KEDA's operator", { app: "keda-operator" });
export const kedaMetrics = operator("keda", "KEDA's metrics API", { app: "keda-operator-metrics-apiserver" });
export const kedaWebhook = operator("keda", "KEDA's webhook", { app: "keda-admission-webhooks" });

// MinIO.
export const minio = part("MinIO", "storage", "minio", "server");
export const minioSetup = part("MinIO's setup job", "storage", "minio", "setup");
export const minioClients = clients("minio", "clients of S3");

// An object store outside.
export const externalStore: AddressEndpoint = {
    title: "the object store outside",
    ...outsideAt(({ objectStore }) => [storeAddress(objectStore).endpoint, objectStore.external?.cidrs]),
};
export const sts: AddressEndpoint = {
    title: "the service that gives roles for tokens",
    ...outsideAt(({ objectStore }) => [stsAddress(objectStore), objectStore.external?.sts?.cidrs]),
};
export const storeChecks: PodEndpoint = {
    title: "the checks of the object store",
    namespace: "storage",
    labels: { [`${app}/component`]: "etl" },
};

/** Peers by which policies find a server outside, by its address and the ranges that the config gives it. */
function outsideAt(of: (config: PlatformConfig) => [endpoint: string | undefined, cidrs: string[] | undefined]) {
    const at = (config: PlatformConfig) => {
        const [endpoint, cidrs] = of(config);
        return endpoint === undefined
            ? undefined
            : networkOf(config.kubernetes).outside({ ...hostOf(endpoint), cidrs });
    };
    return {
        cidrs: (config: PlatformConfig) => at(config)?.cidrs,
        named: (config: PlatformConfig) => at(config)?.name !== undefined,
    };
}

// Kafka, light.
export const kafkaNodes = part("Kafka's nodes", "streaming", "kafka", "node");
export const kafkaSetup = part("Kafka's setup job", "streaming", "kafka", "setup");
export const kafkaClients = clients("kafka", "clients of Kafka");

// Kafka by Strimzi.
export const strimziNodes: PodEndpoint = {
    title: "Strimzi's Kafka nodes",
    namespace: "streaming",
    labels: { "strimzi.io/cluster": "*", "strimzi.io/broker-role": "*" },
};
export const strimziBrokers: PodEndpoint = {
    title: "Strimzi's Kafka brokers",
    namespace: "streaming",
    labels: { "strimzi.io/cluster": "*", "strimzi.io/broker-role": "true" },
};
export const externalClients: AddressEndpoint = {
    title: "addresses that Kafka's clients outside have",
    cidrs: ({ eventStream }) => eventStream.external?.from,
    narrow: true,
};
export const entityOperator: PodEndpoint = {
    title: "Strimzi's entity operator",
    namespace: "streaming",
    labels: { "strimzi.io/cluster": "*", "strimzi.io/component-type": "entity-operator" },
};

export const clusterId: PodEndpoint = {
    title: "the job that gives Kafka its id",
    namespace: "streaming",
    labels: { [`${app}/name`]: "kafka-cluster-id" },
};

// PostgreSQL.
export const postgresql = part("PostgreSQL", "database", "postgresql", "server");
export const postgresqlSetup = part("PostgreSQL's setup job", "database", "postgresql", "setup");
export const postgresqlClients = clients("postgresql", "clients of PostgreSQL");
export const instances: PodEndpoint = {
    title: "PostgreSQL's instances",
    namespace: "database",
    labels: { "cnpg.io/cluster": "*", "cnpg.io/podRole": "instance" },
};
export const instanceJobs: PodEndpoint = {
    title: "jobs that make an instance",
    namespace: "database",
    labels: { "cnpg.io/cluster": "*", "cnpg.io/jobRole": "*" },
};
export const externalDatabase: AddressEndpoint = {
    title: "the PostgreSQL outside",
    cidrs: (config) => externalAt(config)?.cidrs,
    named: (config) => externalAt(config)?.name !== undefined,
};

/** Addresses as policies select them. */
function externalAt({ kubernetes, database: { external } }: PlatformConfig) {
    return external && networkOf(kubernetes).outside({ port: 5432, ...external });
}
export const databaseCheck: PodEndpoint = {
    title: "the check of the databases",
    namespace: "database",
    labels: { [`${app}/name`]: "postgresql-check" },
};

// MLflow.
export const mlflow = part("MLflow", "tracking", "mlflow", "server");
export const mlflowClients = clients("mlflow", "clients of MLflow");

// Airflow.
export const airflowApi = airflow("Airflow's API", "api-server");
export const airflowWorkers = airflow("Airflow's workers", "worker");
export const airflowWithKubernetes = airflow(
    "Airflow's scheduler, triggerer, workers and API",
    ...["api-server", "scheduler", "triggerer", "worker"],
);
export const airflowWithDags = airflow(
    "Airflow's DAG processor, triggerer and workers",
    "dag-processor",
    "triggerer",
    "worker",
);
export const airflowTellingFailures = airflow("Airflow's DAG processor and workers", "dag-processor", "worker");
export const airflowReady: PodEndpoint = {
    title: "the job that waits for Airflow",
    namespace: "orchestration",
    labels: { [`${app}/name`]: "airflow-ready" },
};
export const airflowClients = clients("airflow", "clients of Airflow");

// Jobs.
export const sparkDrivers: PodEndpoint = {
    title: "Spark drivers",
    namespace: "jobs",
    labels: { "spark-role": "driver" },
};
export const sparkPods: PodEndpoint = {
    title: "drivers and executors of a Spark job",
    namespace: "jobs",
    labels: { "spark-role": ["driver", "executor"] },
};
export const apiServerCheck: PodEndpoint = {
    title: "the check of the way to the API server",
    namespace: "jobs",
    labels: { [`${app}/name`]: "api-server-check" },
};
export const sparkCheck: PodEndpoint = {
    title: "the check of Spark's webhook",
    namespace: "jobs",
    labels: { [`${app}/name`]: "spark-operator-webhook-check" },
};
export const egressProxy: PodEndpoint = {
    title: "the proxy of named hosts",
    namespace: egressSystem,
    labels: { [`${app}/name`]: "egress-proxy" },
};
export const workloads: PodEndpoint = { title: "workloads that name hosts", namespace: "jobs" };
export const namedHosts: AddressEndpoint = { title: "public addresses", cidrs: anywhere, onlyPublic: true };
export const users: PodEndpoint = { title: "pods that use a service", namespace: { all: "stack" } };
export const services: PodEndpoint = {
    title: "services of the team's own",
    namespace: "jobs",
    labels: { [`${app}/component`]: "etl" },
};
