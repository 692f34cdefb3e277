import { kubernetes as supported } from "../../config/versions";
import { listAt, type Manifest, mapAt } from "../../kubernetes/objects";
import { UserError } from "../../lib/errors";
import { KubeError, type KubeObject } from "../../kubernetes/client";
import type { Finding } from "../findings";
import { finding, passed } from "./catalog";
import type { Check } from "./check";
import { named, podSpecOf, text } from "./objects";
import { compareVersions } from "./tools";

const zoneLabel = "topology.kubernetes.io/zone";

/** Findings on a failed connection. */
export function connectionFindings(stack: string, error: unknown): Finding[] {
    const { message, details }: Pick<UserError, "message" | "details"> =
        error instanceof UserError ? error : { message: (error as Error).message, details: {} };
    const where = details.where ? ` (${details.where})` : "";
    const allowed = details.allowed ? `; there are ${details.allowed}` : "";
    const said = `${message}${where}${allowed}`;
    if (/does not answer/.test(message)) {
        return [finding("DP-CLUSTER-002", "error", "", said, "kubectl get --raw /version")];
    }
    if (error instanceof KubeError && [401, 403].includes(error.status)) {
        const refused = `the cluster doesn't accept this login (${error.status}): ${message}`;
        return [finding("DP-CLUSTER-001", "error", "", refused, "kubectl auth whoami")];
    }
    const first = details.allowed?.split(", ")[0];
    const set = `pulumi config set --stack ${stack} --path 'data-platform:kubernetes.context' ${first}`;
    const contexts = "kubectl config get-contexts";
    // Where there is no kubeconfig, kubectl has nothing to show either.
    const fix = /is no context/.test(message) && first ? `${contexts}; ${set}` : (details.fix ?? contexts);
    return [finding("DP-CLUSTER-001", "error", "", said, fix)];
}

/** @param version as the server says it, e.g. `v1.34.2+k3s1` */
export function versionFindings(version: string, context: string): Finding[] {
    const subject = `the cluster (context ${context})`;
    if (compareVersions(version, supported.oldest) < 0) {
        return [
            finding(
                "DP-CLUSTER-003",
                "error",
                subject,
                `is Kubernetes ${version}, which is older than ${supported.oldest}, the oldest that is supported`,
                "kubectl version   # then upgrade the cluster",
            ),
        ];
    }
    const newest = supported.newest.split(".").slice(0, 2).join(".");
    const minor = version.replace(/^v/, "").split(".").slice(0, 2).join(".");
    return compareVersions(minor, newest) > 0
        ? [finding("DP-CLUSTER-003", "info", subject, `is Kubernetes ${version}; what is tested ends at ${newest}`)]
        : [passed("DP-CLUSTER-003", subject, `is Kubernetes ${version}`)];
}

/** A node as far as it matters here. */
export interface NodeFacts {
    name: string;
    ready: boolean;
    /** Takes pods: not cordoned. */
    open: boolean;
    zone?: string;
}

export function nodeFacts(nodes: KubeObject[]): NodeFacts[] {
    return nodes.map(({ metadata, spec, status }) => ({
        name: metadata.name,
        ready: listAt(status, "conditions").some(({ type, status: is }) => type === "Ready" && is === "True"),
        open: mapAt(spec).unschedulable !== true,
        zone: metadata.labels?.[zoneLabel],
    }));
}

export function nodeFindings(nodes: NodeFacts[]): Finding[] {
    const usable = nodes.filter(({ ready, open }) => ready && open);
    const bad = nodes.filter((node) => !usable.includes(node));
    const findings = bad.map(({ name, ready }) =>
        finding(
            "DP-CLUSTER-004",
            usable.length > 0 ? "warning" : "error",
            `Node ${name}`,
            ready ? "takes no pods: it is cordoned" : "is not Ready",
            ready ? `kubectl uncordon ${name}` : `kubectl describe node ${name}`,
        ),
    );
    if (nodes.length === 0) {
        return [finding("DP-CLUSTER-004", "error", "the cluster", "has no nodes", "kubectl get nodes")];
    }
    return usable.length > 0
        ? [passed("DP-CLUSTER-004", "nodes", `${usable.length} of ${nodes.length} take pods`), ...findings]
        : findings;
}

/** Pods of one kind that don't all fit wherever there is room. */
interface Apart {
    what: string;
    replicas: number;
    /** Label of nodes, no two values of which may have, or should have, the same pod. */
    key: string;
    required: boolean;
}

/** Pods that are to stand apart, on nodes or in zones, by what is declared. */
export function apartIn(manifests: Manifest[]): Apart[] {
    return manifests.flatMap((manifest) => {
        const { kind, metadata } = manifest;
        const spec = mapAt(manifest.spec);
        const replicas = Number(spec.replicas ?? spec.instances ?? 1);
        if (replicas < 2) return [];
        const what = `${kind} ${metadata.namespace}/${metadata.name}`;
        const pod = { ...podSpecOf(manifest), ...mapAt(spec.template, "pod") };
        // CloudNativePG's own words.
        const cnpg = mapAt(spec.affinity);
        const ownPods =
            cnpg.podAntiAffinityType === "required"
                ? [{ what, replicas, key: text(cnpg.topologyKey) ?? "kubernetes.io/hostname", required: true }]
                : [];
        const anti = mapAt(pod.affinity, "podAntiAffinity");
        const required = listAt(anti.requiredDuringSchedulingIgnoredDuringExecution).map(({ topologyKey }) => ({
            ...{ what, replicas, key: String(topologyKey), required: true },
        }));
        const spread = [...listAt(pod.topologySpreadConstraints), ...listAt(spec.topologySpreadConstraints)].map(
            ({ topologyKey, whenUnsatisfiable }) => ({
                ...{ what, replicas, key: String(topologyKey) },
                required: whenUnsatisfiable === "DoNotSchedule",
            }),
        );
        return [...ownPods, ...required, ...spread];
    });
}

export function spreadFindings(nodes: NodeFacts[], apart: Apart[]): Finding[] {
    const usable = nodes.filter(({ ready, open }) => ready && open);
    const places: Record<string, number> = {
        "kubernetes.io/hostname": usable.length,
        [zoneLabel]: new Set(usable.flatMap(({ zone }) => zone ?? [])).size,
    };
    const words: Record<string, string> = { "kubernetes.io/hostname": "node", [zoneLabel]: "zone" };
    return Object.keys(places).flatMap((key) => {
        const here = places[key];
        const word = words[key];
        const meant = apart.filter((each) => each.key === key);
        if (meant.length === 0) return [];
        // A spread over zones is as even as there are zones; two are what makes it worth while. Apart is one a node.
        const short = meant.filter(({ replicas, required }) => here < (required ? replicas : 2));
        const hard = short.filter(({ required }) => required);
        const there = `${here} ${word}${here === 1 ? "" : "s"}${key === zoneLabel && here === 0 ? ` (no node has the label ${zoneLabel})` : ""}`;
        const names = (some: Apart[]) => named([...new Set(some.map(({ what }) => what))], 4);
        const fix =
            key === zoneLabel ? `kubectl get nodes --label-columns ${zoneLabel}` : "kubectl get nodes --output wide";
        if (hard.length > 0) {
            const needed = Math.max(...hard.map(({ replicas }) => replicas));
            const message = `the cluster has ${there}, and ${names(hard)} must stand on ${needed} different ones`;
            return [finding("DP-CLUSTER-005", "error", `${word}s`, message, fix)];
        }
        if (short.length > 0) {
            const message = `the cluster has ${there}; replicas of ${names(short)} would stand together and fail together`;
            return [finding("DP-CLUSTER-005", "warning", `${word}s`, message, fix)];
        }
        return [passed("DP-CLUSTER-005", `${word}s`, `${there}, enough for what is to stand apart`)];
    });
}

/** @param served whether anybody answers for metrics.k8s.io */
export function metricsFindings(manifests: Manifest[], served: boolean): Finding[] {
    const scaled = manifests.filter(
        ({ kind, spec }) =>
            kind === "HorizontalPodAutoscaler" && listAt(spec, "metrics").some(({ type }) => type === "Resource"),
    );
    if (scaled.length === 0) return [];
    const names = named(scaled.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
    return [
        served
            ? passed("DP-CLUSTER-006", "metrics.k8s.io", `is served, for the autoscalers ${names}`)
            : finding(
                  "DP-CLUSTER-006",
                  "warning",
                  "metrics.k8s.io",
                  `is not served, so ${names} will not scale`,
                  "kubectl apply -f https://github.com/kubernetes-sigs/metrics-server/releases/latest/download/components.yaml",
              ),
    ];
}

export const clusterChecks: Check[] = [
    {
        what: "the cluster's version",
        needs: ["cluster"],
        run: async ({ cluster }) => versionFindings(await cluster.version(), cluster.kube.context),
    },
    {
        what: "nodes",
        needs: ["cluster"],
        run: async ({ cluster }) => nodeFindings(nodeFacts(await cluster.list("v1", "Node"))),
    },
    {
        what: "places for what is to stand apart",
        needs: ["cluster", "declared"],
        run: async ({ cluster, declared }) =>
            spreadFindings(nodeFacts(await cluster.list("v1", "Node")), apartIn(declared.manifests)),
    },
    {
        what: "metrics for autoscalers",
        needs: ["cluster", "declared"],
        run: async ({ cluster, declared }) =>
            metricsFindings(
                declared.manifests,
                (await cluster.kind("metrics.k8s.io/v1beta1", "PodMetrics")) !== undefined,
            ),
    },
];
