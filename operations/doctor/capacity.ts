import { type Manifest, mapAt } from "../../kubernetes/objects";
import type { Requests } from "../../render/diff/model";
import { requestsOf } from "../../render/diff/requests";
import type { KubeObject } from "../../kubernetes/client";
import type { StackState } from "../../engine/engine";
import type { Finding } from "../findings";
import { finding, passed } from "./catalog";
import { nodeFacts } from "./cluster";
import type { Check } from "./check";
import { namespacesOf } from "./namespaces";
import { amount, bytesText, named, podSpecOf, text } from "./objects";

/** Capacity of the nodes, and what others than the stack have taken of it. */
export interface CapacityFacts {
    /** Of nodes that take pods. */
    nodes: { name: string; cpu: number; memory: number }[];
    /** Requests of running pods outside of the stack's namespaces. */
    taken: Requests;
    /** The inside of some charts isn't known, so the stack asks for more than is counted. */
    atLeast: boolean;
}

/** @param pods running ones; those in `own` namespaces are the stack's */
export function capacityFacts(nodes: KubeObject[], pods: KubeObject[], own: string[], atLeast: boolean): CapacityFacts {
    const usable = new Set(
        nodeFacts(nodes)
            .filter(({ ready, open }) => ready && open)
            .map(({ name }) => name),
    );
    const others = pods.filter(
        ({ metadata, spec, status }) =>
            usable.has(String(mapAt(spec).nodeName)) &&
            !own.includes(metadata.namespace ?? "") &&
            !["Succeeded", "Failed"].includes(String(mapAt(status).phase)),
    );
    return {
        nodes: nodes
            .filter(({ metadata }) => usable.has(metadata.name))
            .map(({ metadata, status }) => {
                const { cpu, memory } = mapAt(status, "allocatable");
                return { name: metadata.name, cpu: amount(cpu), memory: amount(memory) };
            }),
        taken: requestsOf(others.map(asServer)),
        atLeast,
    };
}

/** A pod in the form in which requests are counted. */
function asServer({ metadata, spec }: KubeObject): Manifest {
    return { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { replicas: 1, template: { spec } } };
}

export function capacityFindings({ nodes, taken, atLeast }: CapacityFacts, manifests: Manifest[]): Finding[] {
    const asked = requestsOf(manifests);
    const all = nodes.reduce((sum, { cpu, memory }) => ({ cpu: sum.cpu + cpu, memory: sum.memory + memory }), {
        cpu: 0,
        memory: 0,
    });
    const free = { cpu: Math.max(0, all.cpu - taken.cpu), memory: Math.max(0, all.memory - taken.memory) };
    const words = ({ cpu, memory }: Pick<Requests, "cpu" | "memory">) =>
        `${cpu.toFixed(1)} CPUs and ${bytesText(memory)}`;
    const asks = `the stack's servers ask for ${atLeast ? "at least " : ""}${words(asked)}; the nodes have ${words(free)} free for it`;
    const short = asked.cpu > free.cpu || asked.memory > free.memory;
    const largest = manifests
        .map((manifest) => ({ manifest, ...requestsOf([podManifest(manifest)]) }))
        .filter(({ cpu, memory }) => !nodes.some((node) => node.cpu >= cpu && node.memory >= memory));
    const widest = nodes.map((node) => `${node.name} (${words(node)})`);
    return [
        short
            ? finding(
                  "DP-ROOM-001",
                  "warning",
                  "nodes",
                  asks,
                  "kubectl describe nodes | grep -A 8 'Allocated resources'",
              )
            : passed("DP-ROOM-001", "nodes", asks),
        ...(nodes.length === 0
            ? []
            : largest.map(({ manifest: { kind, metadata }, ...one }) =>
                  finding(
                      "DP-ROOM-002",
                      "warning",
                      `${kind} ${metadata.namespace}/${metadata.name}`,
                      `a pod of it asks for ${words(one)}, and no node has as much: ${named(widest, 3)}`,
                      "kubectl get nodes -o custom-columns=NAME:.metadata.name,CPU:.status.allocatable.cpu,MEMORY:.status.allocatable.memory",
                  ),
              )),
    ];
}

/** One pod of what has several. */
function podManifest(manifest: Manifest): Manifest {
    const spec = mapAt(manifest.spec);
    return { ...manifest, spec: { ...spec, replicas: 1, ...(spec.instances === undefined ? {} : { instances: 1 }) } };
}

/** @param quotas of the stack's namespaces, as they are in the cluster */
export function quotaFindings(quotas: KubeObject[], manifests: Manifest[]): Finding[] {
    const own = new Set(
        manifests
            .filter(({ kind }) => kind === "ResourceQuota")
            .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
    );
    const foreign = quotas.filter(({ metadata }) => !own.has(`${metadata.namespace}/${metadata.name}`));
    const findings = foreign.flatMap(({ metadata, spec }) => {
        const hard = mapAt(spec, "hard");
        const asked = requestsOf(manifests.filter((each) => each.metadata.namespace === metadata.namespace));
        const short = [
            ...(["cpu", "memory"] as const).flatMap((key) =>
                [`requests.${key}`, key].flatMap((name) => over(name, asked[key], hard[name], key !== "cpu")),
            ),
            ...over("requests.storage", asked.storage, hard["requests.storage"], true),
        ];
        if (short.length === 0) return [];
        return [
            finding(
                "DP-ROOM-003",
                "error",
                `ResourceQuota ${metadata.namespace}/${metadata.name}`,
                `is not the stack's, and leaves less than it asks for there: ${short.join(", ")}`,
                `kubectl edit resourcequota ${metadata.name} --namespace ${metadata.namespace}`,
            ),
        ];
    });
    if (findings.length > 0) return findings;
    return [passed("DP-ROOM-003", "quotas", "none that others have made leaves less than the stack asks for")];
}

function over(name: string, asked: number, limit: unknown, bytes: boolean): string[] {
    if (limit === undefined || asked <= amount(limit)) return [];
    return [`${name} ${text(limit)}, asked for ${bytes ? bytesText(asked) : asked.toFixed(2)}`];
}

/** @param there PriorityClasses of the cluster */
export function priorityFindings(
    stack: string,
    plane: string | undefined,
    there: KubeObject[],
    manifests: Manifest[],
    state?: StackState,
): Finding[] {
    const own = manifests.filter(({ kind }) => kind === "PriorityClass").map(({ metadata }) => metadata.name);
    const known = new Set(
        state?.resources.flatMap(({ object }) => (object?.kind === "PriorityClass" ? [object.name] : [])),
    );
    const clashes = there
        .filter(({ metadata: { name } }) => own.includes(name) && !known.has(name))
        .flatMap(({ metadata: { name, labels = {} } }) => {
            const instance = labels["app.kubernetes.io/instance"] ?? "";
            const owner = instance.endsWith(`-${name}`) ? instance.slice(0, -name.length - 1) : undefined;
            if (owner === stack) return [];
            const whose = owner ? `belongs to the stack ${owner}` : "was not made by this program";
            const set = `pulumi config set --stack ${stack} --path`;
            const fix = owner
                ? `${set} 'data-platform:cluster.mode' shared && ${set} 'data-platform:cluster.stack' ${owner}`
                : `kubectl get priorityclass ${name} -o yaml   # delete it if nobody needs it`;
            return [finding("DP-ROOM-004", "error", `PriorityClass ${name}`, `is there already and ${whose}`, fix)];
        });
    const named = new Set(manifests.flatMap((each) => text(podSpecOf(each).priorityClassName) ?? []));
    const missing = [...named]
        .filter((name) => !own.includes(name) && !name.startsWith("system-"))
        .filter((name) => !there.some(({ metadata }) => metadata.name === name))
        .map((name) =>
            finding(
                "DP-ROOM-004",
                "error",
                `PriorityClass ${name}`,
                "is not there, and pods of the stack name it; they would be refused",
                `pulumi up --stack ${plane ?? "<the stack with the cluster plane>"}`,
            ),
        );
    const findings = [...clashes, ...missing];
    return findings.length > 0 ? findings : [passed("DP-ROOM-004", "priorities", "none is missing or somebody else's")];
}

export const capacityChecks = (stack: string): Check[] => [
    {
        what: "room on the nodes",
        needs: ["cluster", "declared"],
        run: async ({ cluster, declared: { manifests, closed } }) => {
            const [nodes, pods, namespaces] = await Promise.all(
                ["Node", "Pod", "Namespace"].map((kind) => cluster.list("v1", kind)),
            );
            const own = namespacesOf(stack, manifests, namespaces);
            return capacityFindings(capacityFacts(nodes, pods, own, closed.length > 0), manifests);
        },
    },
    {
        what: "quotas",
        needs: ["cluster", "declared"],
        run: async ({ cluster, declared: { manifests } }) => {
            const there = await cluster.list("v1", "Namespace");
            const own = namespacesOf(stack, manifests, there);
            const present = there.map(({ metadata }) => metadata.name).filter((name) => own.includes(name));
            const quotas = await Promise.all(
                present.map((namespace) => cluster.list("v1", "ResourceQuota", { namespace })),
            );
            return quotaFindings(quotas.flat(), manifests);
        },
    },
    {
        what: "PriorityClasses",
        needs: ["cluster", "declared", "config"],
        run: async ({ cluster, declared: { manifests }, config, state }) =>
            priorityFindings(
                stack,
                config.cluster.stack,
                await cluster.list("scheduling.k8s.io/v1", "PriorityClass"),
                manifests,
                state,
            ),
    },
];
