import { tasks } from "../../workloads/declaration";
import { resourcesOf } from "../common";
import { checkJobs } from "../object-store";
import type { PlatformConfig, Resources } from "../schema";
import { quantity } from "../units";
import { operators } from "./operators";
import { Part, System } from "./part";

/** A Deployment: while it is rolled out there is one more. */
const deployment = (
    system: System,
    name: string,
    resources: Resources,
    scale: { replicas: number; maxReplicas?: number } = { replicas: 1 },
): Part => ({ system, name, pods: Math.max(scale.replicas, scale.maxReplicas ?? 0), surge: 1, resources });

/** A job of a chart, once an update. */
const job = (system: System, name: string, resources: Resources): Part => ({
    system,
    name,
    pods: 1,
    surge: 0,
    resources,
    once: true,
});

/** As many as there is work for. */
const onDemand = (system: System, name: string, resources: Resources, pods: number): Part => ({
    ...{ system, name, pods, surge: 0, resources },
    onDemand: true,
});

/** The most memory that a task of the sample has. */
const largest = (of: "request" | "limit"): string =>
    tasks
        .flatMap((task) => (task.image === "spark" ? [] : task.memory[of]))
        .reduce((a, b) => (quantity(b) > quantity(a) ? b : a));

/** Every kind of pod that the stack declares, by config alone; a test holds it to what is rendered. */
export function parts(config: PlatformConfig): Part[] {
    const { tracking, spark, workloads } = config;
    return [
        ...storage(config),
        ...streaming(config),
        ...database(config),
        deployment("tracking", "mlflow", tracking.resources, tracking),
        job("tracking", "mlflow-setup", resourcesOf("50m", "256Mi", "512Mi")),
        ...orchestration(config),
        ...(spark.historyServer.enabled ? [deployment("jobs", "spark-history", spark.historyServer.resources)] : []),
        job("jobs", "spark-operator-webhook-check", resourcesOf("10m", "32Mi", "64Mi")),
        ...(workloads.flights.enabled
            ? [
                  onDemand("jobs", "flights task", resourcesOf("100m", largest("request"), largest("limit")), 2),
                  onDemand("jobs", "flights gold", resourcesOf("100m", "896Mi", "896Mi"), 2),
              ]
            : []),
        ...operators(config),
    ];
}

function volumed(
    system: System,
    name: string,
    pods: number,
    { resources, storage }: { resources: Resources; storage: string },
): Part {
    return { system, name, pods, surge: 0, resources, storage };
}

function storage({ objectStore }: PlatformConfig): Part[] {
    if (objectStore.kind === "minio") {
        return [
            { ...volumed("storage", "minio", objectStore.nodes, objectStore), surge: 0 },
            job("storage", "minio-setup", resourcesOf("50m", "32Mi", "256Mi")),
        ];
    }
    const checks = checkJobs(objectStore);
    return [{ ...job("storage", "minio-check", resourcesOf("50m", "96Mi", "256Mi")), pods: checks }];
}

function streaming({ eventStream }: PlatformConfig): Part[] {
    const { nodes, controllers } = eventStream;
    const brokers = volumed("streaming", "kafka", nodes, eventStream);
    if (eventStream.kind === "kafka")
        return [brokers, job("streaming", "kafka-setup", resourcesOf("250m", "128Mi", "640Mi"))];
    return [
        brokers,
        ...(controllers ? [volumed("streaming", "kafka controllers", controllers.nodes, controllers)] : []),
        // Topics and users, each by an operator of its own in one pod.
        deployment("streaming", "kafka entity operator", resourcesOf("100m", "768Mi", "1Gi")),
        job("streaming", "kafka-cluster-id", resourcesOf("10m", "32Mi", "64Mi")),
    ];
}

export function database({ database: of }: PlatformConfig): Part[] {
    const { kind, instances, resources } = of;
    if (kind === "external") return [job("database", "postgresql-check", resourcesOf("50m", "64Mi", "256Mi"))];
    const servers = volumed("database", "postgresql", instances, { resources, storage: ofServer(of) });
    if (kind === "postgresql")
        return [servers, job("database", "postgresql-setup", resourcesOf("10m", "32Mi", "128Mi"))];
    // A server is copied by a job of its size before it starts.
    return [servers, job("database", "postgresql join", resources)];
}

/** Sum of a server's volumes. */
function ofServer({ storage, walStorage }: PlatformConfig["database"]): string {
    return walStorage === undefined ? storage : String(quantity(storage) + quantity(walStorage));
}

function orchestration({ orchestrator: of }: PlatformConfig): Part[] {
    const { worker, parallelism, scheduler } = of;
    return [
        deployment("orchestration", "airflow api-server", of.apiServer.resources, of.apiServer),
        deployment("orchestration", "airflow scheduler", of.scheduler.resources, of.scheduler),
        deployment("orchestration", "airflow dag-processor", withHeartbeat(of.dagProcessor.resources), of.dagProcessor),
        deployment("orchestration", "airflow triggerer", withHeartbeat(of.triggerer.resources), of.triggerer),
        job("orchestration", "airflow migrations", resourcesOf("50m", "256Mi", "1Gi")),
        job("orchestration", "airflow administrator", resourcesOf("50m", "256Mi", "1Gi")),
        job("orchestration", "airflow-ready", resourcesOf("10m", "32Mi", "128Mi")),
        onDemand("orchestration", "airflow database cleanup", resourcesOf("50m", "256Mi", "1Gi"), 1),
        onDemand("orchestration", "airflow task", worker.resources, parallelism * scheduler.replicas),
    ];
}

/** Of the container beside a part of Airflow that says when it is ready. */
export const heartbeatResources = resourcesOf("5m", "32Mi", "128Mi");

function withHeartbeat({ requests, limits }: Resources): Resources {
    const both = (one: string, other: string) => `${(quantity(one) + quantity(other)) / 2 ** 20}Mi`;
    const cpu = (quantity(requests.cpu) + quantity(heartbeatResources.requests.cpu)) * 1000;
    return {
        requests: { cpu: `${Math.round(cpu)}m`, memory: both(requests.memory, heartbeatResources.requests.memory) },
        limits: { ...limits, memory: both(limits.memory, heartbeatResources.limits.memory) },
    };
}
