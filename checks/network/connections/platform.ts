import { hostOf, storeAddress, stsAddress } from "../../../config/object-store";
import { repositoryHost } from "../../../config/sections/orchestrator";
import * as on from "./conditions";
import { both, Stack, withKeda } from "./conditions";
import { sameLabels, Connection, kubernetes, PortsByConfig, tcp, userOf } from "./connection";
import * as who from "./endpoints";

const external: PortsByConfig = {
    text: "`database.external.port`",
    of: ({ database }) => tcp(database.external?.port ?? 5432),
};

const storePort: PortsByConfig = {
    text: "the endpoint's, TCP 443 for AWS",
    of: ({ objectStore }) => tcp(hostOf(storeAddress(objectStore).endpoint).port),
};

const tokenPort: PortsByConfig = {
    text: "the endpoint's, TCP 443 for AWS",
    of: ({ objectStore }) => {
        const endpoint = stsAddress(objectStore);
        return endpoint ? tcp(hostOf(endpoint).port) : [];
    },
};

const repository: PortsByConfig = {
    text: "TCP 443",
    of: ({ orchestrator: { dags } }) => tcp(dags.repo ? repositoryHost(dags).port : 443),
};

const webhook: PortsByConfig = {
    text: "`orchestrator.onFailure.port`",
    of: ({ orchestrator: { onFailure } }) => tcp(onFailure?.port ?? 443),
};

/** Connections between the systems of a stack. */
export const platform: Record<string, readonly Connection[]> = {
    "Object store": [
        { from: who.minioClients, to: who.minio, ports: tcp(9000), why: "S3", when: on.withMinio },
        {
            from: who.minioSetup,
            to: who.minio,
            ports: tcp(9000),
            why: "makes buckets, users and policies",
            when: on.withMinio,
        },
        { from: who.minio, to: who.minio, ports: tcp(9000), why: "the nodes' drives", when: on.distributed },
        {
            from: who.ingressController,
            to: who.minio,
            ports: tcp(9000),
            why: "S3 from outside",
            when: on.hosted("objectStore"),
        },
        {
            from: who.ingressController,
            to: who.minio,
            ports: tcp(9001),
            why: "the console",
            when: on.hosted("console"),
        },
        { from: who.minioClients, to: who.externalStore, ports: storePort, why: "S3", when: on.storeOutside },
        {
            from: who.storeChecks,
            to: who.externalStore,
            ports: storePort,
            why: "tries every application before anything depends on it",
            when: on.storeOutside,
        },
        {
            from: who.minioClients,
            to: who.sts,
            ports: tokenPort,
            why: "roles for the tokens of applications without an access key",
            when: on.withTokenService,
        },
    ],
    "Event stream": [
        { from: who.kafkaClients, to: who.kafkaNodes, ports: tcp(9093), why: "records", when: on.withKafka },
        {
            from: who.kafkaSetup,
            to: who.kafkaNodes,
            ports: tcp(9094),
            why: "makes topics, users and rights",
            when: on.withKafka,
        },
        {
            from: who.kafkaNodes,
            to: who.kafkaNodes,
            ports: tcp(9094, 9095),
            why: "replication and votes",
            when: on.withKafka,
        },
        {
            from: who.kedaOperator,
            to: who.kafkaNodes,
            ports: tcp(9093),
            why: "consumers' lag, for a workload that scales by it",
            when: both(withKeda, on.withKafka),
            needed: scaledByLag,
        },
        { from: who.kafkaClients, to: who.strimziBrokers, ports: tcp(9093), why: "records", when: on.withStrimzi },
        {
            from: who.externalClients,
            to: who.strimziBrokers,
            ports: tcp(9094),
            why: "records, for clients outside",
            when: on.withExternalKafka,
        },
        {
            from: who.strimziNodes,
            to: who.strimziNodes,
            ports: tcp(9090, 9091),
            why: "votes and replication",
            when: on.withStrimzi,
        },
        {
            from: who.entityOperator,
            to: who.strimziNodes,
            ports: tcp(9091),
            why: "topics, users and rights",
            when: on.withStrimzi,
        },
        {
            from: who.strimzi,
            to: who.strimziNodes,
            ports: tcp(9090, 9091, 8443),
            why: "state of the nodes before one is restarted",
            when: on.withStrimzi,
        },
        {
            from: who.strimziNodes,
            to: who.apiServer,
            ports: kubernetes,
            why: "their certificates and their zone",
            when: on.withStrimzi,
        },
        {
            from: who.entityOperator,
            to: who.apiServer,
            ports: kubernetes,
            why: "topics and users",
            when: on.withStrimzi,
        },
        { from: who.clusterId, to: who.apiServer, ports: kubernetes, why: "the node pools", when: on.withStrimzi },
        {
            from: who.prometheus,
            to: who.strimziNodes,
            ports: tcp(9404),
            why: "metrics",
            when: both(on.withStrimzi, on.withMetrics),
        },
        {
            from: who.kedaOperator,
            to: who.strimziBrokers,
            ports: tcp(9093),
            why: "consumers' lag, for a workload that scales by it",
            when: both(withKeda, on.withStrimzi),
            needed: scaledByLag,
        },
    ],
    Databases: [
        { from: who.postgresqlClients, to: who.postgresql, ports: tcp(5432), why: "SQL", when: on.withPostgresql },
        {
            from: who.postgresqlSetup,
            to: who.postgresql,
            ports: tcp(5432),
            why: "makes roles and databases",
            when: on.withPostgresql,
        },
        { from: who.postgresqlClients, to: who.instances, ports: tcp(5432), why: "SQL", when: on.withCloudNativePg },
        { from: who.instances, to: who.instances, ports: tcp(5432), why: "replication", when: on.withCloudNativePg },
        {
            from: who.instances,
            to: who.instances,
            ports: tcp(8000),
            why: "whether the one that writes is cut off from all others",
            when: on.withCloudNativePg,
        },
        {
            from: who.instanceJobs,
            to: who.instances,
            ports: tcp(5432),
            why: "the first copy",
            when: on.withCloudNativePg,
        },
        {
            from: who.cloudNativePg,
            to: who.instances,
            ports: tcp(8000),
            why: "state of the instances",
            when: on.withCloudNativePg,
        },
        {
            from: who.instances,
            to: who.apiServer,
            ports: kubernetes,
            why: "their own Cluster",
            when: on.withCloudNativePg,
        },
        {
            from: who.instanceJobs,
            to: who.apiServer,
            ports: kubernetes,
            why: "their own Cluster",
            when: on.withCloudNativePg,
        },
        { from: who.postgresqlClients, to: who.externalDatabase, ports: external, why: "SQL", when: on.outside },
        {
            from: who.databaseCheck,
            to: who.externalDatabase,
            ports: external,
            why: "tries every role before anything depends on it",
            when: on.outside,
        },
    ],
    Tracking: [
        { from: who.mlflowClients, to: who.mlflow, ports: tcp(5000), why: "runs, models and their files" },
        { from: who.ingressController, to: who.mlflow, ports: tcp(5000), why: "people", when: on.hosted("tracking") },
    ],
    Orchestration: [
        { from: who.airflowWorkers, to: who.airflowApi, ports: tcp(8080), why: "state of tasks" },
        { from: who.airflowReady, to: who.airflowApi, ports: tcp(8080), why: "waits for its health" },
        { from: who.airflowClients, to: who.airflowApi, ports: tcp(8080), why: "Airflow's API", needed: () => false },
        {
            from: who.ingressController,
            to: who.airflowApi,
            ports: tcp(8080),
            why: "people",
            when: on.hosted("orchestrator"),
        },
        {
            from: who.airflowWithKubernetes,
            to: who.apiServer,
            ports: kubernetes,
            why: "pods of tasks, their state and their logs",
        },
        { from: who.airflowReady, to: who.apiServer, ports: kubernetes, why: "waits for the rollouts" },
        { from: who.airflowWithDags, to: who.repositories, ports: repository, why: "DAGs", when: on.fromGit },
        {
            from: who.airflowTellingFailures,
            to: who.failureWebhook,
            ports: webhook,
            why: "failures of tasks",
            when: on.tellsFailures,
        },
    ],
    Jobs: [
        { from: who.sparkDrivers, to: who.apiServer, ports: kubernetes, why: "their executors", when: on.sparkJobs },
        {
            from: who.sparkPods,
            to: who.sparkPods,
            ports: tcp(7078, 7079),
            why: "tasks and blocks",
            when: on.sparkJobs,
            related: sameLabels("app.kubernetes.io/instance", "each job for itself"),
        },
        {
            from: who.apiServerCheck,
            to: who.apiServer,
            ports: kubernetes,
            why: "proves the way before any other policy has it",
            when: on.narrowed,
        },
        { from: who.sparkCheck, to: who.apiServer, ports: kubernetes, why: "tries the webhook" },
        {
            from: who.workloads,
            to: who.egressProxy,
            ports: "declared",
            why: "hosts outside by their names, at the workload's own port",
            when: on.withNamedHosts,
            told: true,
        },
        {
            from: who.egressProxy,
            to: who.namedHosts,
            ports: "any",
            why: "the hosts that workloads have named",
            when: on.withNamedHosts,
        },
        {
            from: who.users,
            to: who.services,
            ports: "declared",
            why: "what the service is for",
            related: userOf,
            needed: () => false,
        },
    ],
};

function scaledByLag({ kinds }: Stack): boolean {
    return kinds.has("ScaledObject");
}
