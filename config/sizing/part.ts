import type { Resources } from "../schema";

/** The systems that have a namespace of their own in each stack. */
export const systems = ["storage", "streaming", "database", "tracking", "orchestration", "jobs"] as const;

export type System = (typeof systems)[number];

/** Pods of one kind, as the config declares them. */
export interface Part {
    system: System | OperatorSystem;
    name: string;
    /** Maximum number of pods, all of them running. */
    pods: number;
    /** Number of further pods while a rollout replaces them. */
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
