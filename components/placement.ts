import type * as k8s from "@pulumi/kubernetes";

import { SchedulingConfig } from "../config/sections/scheduling";

/** A node's taint that pods put up with, as Kubernetes has it. */
export interface Toleration {
    key?: string;
    operator?: string;
    value?: string;
    effect?: string;
    tolerationSeconds?: number;
}

/** Nodes that pods may run on, and their priority when there are too few. */
export interface Placement {
    priorityClassName: string;
    /** @default any node */
    nodeSelector?: Record<string, string>;
    /** @default none */
    tolerations?: Toleration[];
    /** Anti-affinity of replicas that hold data: whether they may share a node. @default preferred: only where there are too few nodes */
    podAntiAffinity?: SchedulingConfig["podAntiAffinity"];
}

/** Placements by what depends on the pods. */
export interface Placements {
    /** Servers: without them nothing else works. */
    platform: Placement;
    /** ETL that people wait for. */
    critical: Placement;
    /** All other ETL: it waits for room and never takes it from others. */
    batch: Placement;
}

/** The PriorityClasses, once a cluster; their names are fixed, so that several stacks may share them. */
export const priorityClasses = {
    platform: { name: "data-platform-platform", value: 1_000_000, preemptionPolicy: "PreemptLowerPriority" },
    critical: { name: "data-platform-critical", value: 100_000, preemptionPolicy: "PreemptLowerPriority" },
    batch: { name: "data-platform-batch", value: 1_000, preemptionPolicy: "Never" },
} as const;

/** Placements as the stack's config has them. Critical and batch ETL share their nodes; only their priorities differ. */
export function placements({
    platform,
    batch,
    podAntiAffinity = "preferred",
}: Pick<SchedulingConfig, "platform" | "batch"> & Partial<SchedulingConfig>): Placements {
    return {
        platform: { priorityClassName: priorityClasses.platform.name, ...platform, podAntiAffinity },
        critical: { priorityClassName: priorityClasses.critical.name, ...batch },
        batch: { priorityClassName: priorityClasses.batch.name, ...batch },
    };
}

/** A placement as chart values, or as fields of a pod's spec: both have the same names. */
export function placementValues({ priorityClassName, nodeSelector, tolerations }: Placement) {
    return {
        priorityClassName,
        ...(nodeSelector ? { nodeSelector } : {}),
        ...(tolerations ? { tolerations } : {}),
    };
}

/** For pods that may be moved at any time: another one takes over, and nothing in them is lost. */
export const safeToEvict: Record<string, string> = { "cluster-autoscaler.kubernetes.io/safe-to-evict": "true" };

/** For pods whose work would be lost, or that nobody stands in for: autoscalers leave their node alone. */
export const doNotDisrupt: Record<string, string> = {
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
    "karpenter.sh/do-not-disrupt": "true",
};

/**
 * A placement for charts and operators that take no node selector, or no right one: by the affinity that says the same.
 *
 * @param podAntiAffinity Which other pods they keep away from. @default none
 */
export function placedByAffinity(
    { nodeSelector, tolerations }: Placement,
    podAntiAffinity?: k8s.types.input.core.v1.PodAntiAffinity,
) {
    const affinity = {
        ...(nodeSelector ? { nodeAffinity: nodesWith(nodeSelector) } : {}),
        ...(podAntiAffinity ? { podAntiAffinity } : {}),
    };
    return {
        ...(Object.keys(affinity).length > 0 ? { affinity } : {}),
        ...(tolerations ? { tolerations } : {}),
    };
}

function nodesWith(nodeSelector: Record<string, string>) {
    const matchExpressions = Object.entries(nodeSelector).map(([key, value]) => ({
        key,
        operator: "In",
        values: [value],
    }));
    return { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } };
}

/** No two pods with these labels on one node: never, or only where there are too few nodes. */
export function nodesApart(
    matchLabels: Record<string, string>,
    how: SchedulingConfig["podAntiAffinity"],
): k8s.types.input.core.v1.PodAntiAffinity {
    const podAffinityTerm = { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels } };
    return how === "required"
        ? { requiredDuringSchedulingIgnoredDuringExecution: [podAffinityTerm] }
        : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm }] };
}

/** Pods of one kind apart from each other, over zones first; a full zone is no reason not to start. */
export function spread(matchLabels: Record<string, string>) {
    return ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
        maxSkew: 1,
        topologyKey,
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels },
    }));
}
