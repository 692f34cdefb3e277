import { tasks } from "../workloads/declaration";
import type { Problem } from "./errors";
import { sized } from "./common";
import type { PlatformConfig, Resources } from "./schema";
import { operators } from "./sizing-operators";
import { checkJobs } from "./sections/object-store-external";
import { quantity } from "./units";

/** The systems that have a namespace of their own in each stack. */
export const systems = ["storage", "streaming", "database", "tracking", "orchestration", "jobs"] as const;
export type System = (typeof systems)[number];

/** Pods of one kind, as the config declares them. */
export interface Part {
    system: System | OperatorSystem;
    name: string;
    /** How many there are at most, all of them running. */
    pods: number;
    /** How many more there are while a rollout replaces them. */
    surge: number;
    /** Of one pod. */
    resources: Resources;
    /** Volume of one pod. @default none */
    storage?: string;
    /** As many as there is work for: they don't count as declared, but the default quota has room for them. @default false */
    onDemand?: boolean;
    /** It runs once an update and is gone. @default false */
    once?: boolean;
}

export type OperatorSystem = "certificates" | "spark-operator" | "strimzi-operator" | "cnpg-system" | "keda";

/** Sums of a namespace, in CPUs and bytes. */
export interface Sums {
    cpu: number;
    memory: number;
    memoryLimit: number;
    pods: number;
    storage: number;
}

/** What may be bounded in a namespace. */
type Bounds = Sums & { volumes: number };

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
        job("tracking", "mlflow-setup", sized("50m", "256Mi", "512Mi")),
        ...orchestration(config),
        ...(spark.historyServer.enabled ? [deployment("jobs", "spark-history", spark.historyServer.resources)] : []),
        job("jobs", "spark-operator-webhook-check", sized("10m", "32Mi", "64Mi")),
        ...(workloads.flights.enabled
            ? [
                  onDemand("jobs", "flights task", sized("100m", largest("request"), largest("limit")), 2),
                  onDemand("jobs", "flights gold", sized("100m", "896Mi", "896Mi"), 2),
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
            job("storage", "minio-setup", sized("50m", "32Mi", "256Mi")),
        ];
    }
    const checks = checkJobs(objectStore);
    return [{ ...job("storage", "minio-check", sized("50m", "96Mi", "256Mi")), pods: checks }];
}

function streaming({ eventStream }: PlatformConfig): Part[] {
    const { nodes, controllers } = eventStream;
    const brokers = volumed("streaming", "kafka", nodes, eventStream);
    if (eventStream.kind === "kafka")
        return [brokers, job("streaming", "kafka-setup", sized("250m", "128Mi", "640Mi"))];
    return [
        brokers,
        ...(controllers ? [volumed("streaming", "kafka controllers", controllers.nodes, controllers)] : []),
        // Topics and users, each by an operator of its own in one pod.
        deployment("streaming", "kafka entity operator", sized("100m", "768Mi", "1Gi")),
        job("streaming", "kafka-cluster-id", sized("10m", "32Mi", "64Mi")),
    ];
}

function database({ database: of }: PlatformConfig): Part[] {
    const { kind, instances, resources } = of;
    if (kind === "external") return [job("database", "postgresql-check", sized("50m", "64Mi", "256Mi"))];
    const servers = volumed("database", "postgresql", instances, of);
    if (kind === "postgresql") return [servers, job("database", "postgresql-setup", sized("10m", "32Mi", "128Mi"))];
    // A server is copied by a job of its size before it starts.
    return [servers, job("database", "postgresql join", resources)];
}

function orchestration({ orchestrator: of }: PlatformConfig): Part[] {
    const { worker, parallelism, scheduler } = of;
    return [
        deployment("orchestration", "airflow api-server", of.apiServer.resources, of.apiServer),
        deployment("orchestration", "airflow scheduler", of.scheduler.resources, of.scheduler),
        deployment("orchestration", "airflow dag-processor", withHeartbeat(of.dagProcessor.resources), of.dagProcessor),
        deployment("orchestration", "airflow triggerer", withHeartbeat(of.triggerer.resources), of.triggerer),
        job("orchestration", "airflow migrations", sized("50m", "256Mi", "1Gi")),
        job("orchestration", "airflow administrator", sized("50m", "256Mi", "1Gi")),
        job("orchestration", "airflow-ready", sized("10m", "32Mi", "128Mi")),
        onDemand("orchestration", "airflow database cleanup", sized("50m", "256Mi", "1Gi"), 1),
        onDemand("orchestration", "airflow task", worker.resources, parallelism * scheduler.replicas),
    ];
}

/** Of the container beside a part of Airflow that says when it is ready. */
export const heartbeatResources = sized("5m", "32Mi", "128Mi");

function withHeartbeat({ requests, limits }: Resources): Resources {
    const both = (one: string, other: string) => `${(quantity(one) + quantity(other)) / 2 ** 20}Mi`;
    const cpu = (quantity(requests.cpu) + quantity(heartbeatResources.requests.cpu)) * 1000;
    return {
        requests: { cpu: `${Math.round(cpu)}m`, memory: both(requests.memory, heartbeatResources.requests.memory) },
        limits: { ...limits, memory: both(limits.memory, heartbeatResources.limits.memory) },
    };
}

/** What a namespace's pods and volumes come to. */
export function sums(of: Part[], { rollout }: { rollout: boolean }): Sums {
    const add = (part: Part, each: (part: Part) => number) => each(part) * (part.pods + (rollout ? part.surge : 0));
    const total = (each: (part: Part) => number) => of.reduce((sum, part) => sum + add(part, each), 0);
    return {
        cpu: total(({ resources }) => quantity(resources.requests.cpu)),
        memory: total(({ resources }) => quantity(resources.requests.memory)),
        memoryLimit: total(({ resources }) => quantity(resources.limits.memory)),
        pods: total(() => 1),
        storage: of.reduce((sum, { pods, storage }) => sum + (storage ? quantity(storage) * pods : 0), 0),
    };
}

/** What a stack declares in one namespace: what must fit into its quota. */
export function declared(config: PlatformConfig, system: Part["system"]): Sums {
    const own = parts(config).filter((part) => part.system === system && !part.onDemand);
    return sums(own, { rollout: false });
}

/** Problems of quotas that the stack doesn't fit into. */
export function quotaRules(config: PlatformConfig): Problem[] {
    return systems.flatMap((system) => {
        const given = config.namespaces.quotas[system];
        if (!given) return [];
        const names = parts(config).filter((part) => part.system === system && !part.onDemand);
        const volumes = names.reduce((sum, { pods, storage }) => sum + (storage ? pods : 0), 0);
        const need: Bounds = { ...declared(config, system), volumes };
        return (["cpu", "memory", "memoryLimit", "pods", "storage", "volumes"] as const).flatMap((resource) => {
            const value = given[resource];
            if (value === undefined || quantity(String(value)) >= need[resource]) return [];
            return [
                {
                    key: `namespaces.quotas.${system}.${resource}`,
                    message: `${value} is less than what the stack declares there, ${inWords(resource, need[resource])} (${names.map(({ name, pods }) => `${pods} x ${name}`).join(", ")}); raise it, leave it out, or ask for less in ${configKeys[system]}`,
                },
            ];
        });
    });
}

/** Where a system's sizes stand. */
const configKeys: Record<System, string> = {
    storage: "objectStore.resources",
    streaming: "eventStream.resources",
    database: "database.resources",
    tracking: "tracking.resources",
    orchestration: "orchestrator.*.resources",
    jobs: "spark.historyServer.resources",
};

/** A sum as a quantity of Kubernetes, rounded up. */
export function inWords(resource: keyof Bounds, value: number): string {
    if (resource === "pods" || resource === "volumes") return String(value);
    if (resource === "cpu") return `${Math.ceil(value * 1000 - 1e-6)}m`;
    const mebibytes = Math.ceil(value / 2 ** 20 - 1e-6);
    return mebibytes % 1024 === 0 ? `${mebibytes / 1024}Gi` : `${mebibytes}Mi`;
}
