import { namespaceOwners, namespaceProblems } from "../../components/preflight";
import { prefix } from "../../components/labels";
import type { PlatformConfig } from "../../config/schema";
import { listAt, type Manifest } from "../../kubernetes/objects";
import { type KubeObject, nameOf } from "../../kubernetes/client";
import type { Finding } from "../findings";
import { finding, passed } from "./catalog";
import type { Check } from "./check";
import type { CachedReader } from "./cluster-reader";

/** Namespaces that are the stack's by their label, or that it would make. */
export function namespacesOf(stack: string, manifests: Manifest[], there: KubeObject[]): string[] {
    const made = manifests.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => metadata.name);
    const labelled = there
        .filter(({ metadata }) => metadata.labels?.[`${prefix}/stack`] === stack)
        .map(({ metadata }) => metadata.name);
    return [...new Set([...made, ...labelled])].sort();
}

/** Namespaces that somebody else has made, by the same rule that ends an update before it begins. */
export function ownerFindings(stack: string, config: PlatformConfig, there: KubeObject[]): Finding[] {
    const problems = namespaceProblems(config, { namespaces: namespaceOwners(there) }, stack);
    if (problems.length === 0) return [passed("DP-NS-002", "namespaces", "none is in the way of the stack's own")];
    return problems.map(({ key, message }) => {
        const set = `pulumi config set --stack ${stack} --path 'data-platform:${key}'`;
        return finding("DP-NS-002", "error", key, message, `${set} ${key === "cluster.mode" ? "shared" : "<prefix>"}`);
    });
}

/** A namespace that is being deleted, and what holds it. */
export interface Terminating {
    name: string;
    since?: string;
    /** Conditions of the namespace. */
    conditions: { type: string; message: string }[];
    /** Objects in it that are being deleted and wait for their finalizers. */
    held: { object: string; finalizers: string[] }[];
    /** Finalizers of the namespace itself. */
    own: string[];
}

export function terminatingFindings(stack: string, names: string[], stuck: Terminating[]): Finding[] {
    if (stuck.length === 0) {
        return [passed("DP-NS-001", "namespaces", `none of the stack's ${names.length} is being deleted`)];
    }
    return stuck.map(({ name, since, conditions, held, own }) => {
        const objects = held.map(({ object, finalizers }) => `${object} waits for ${finalizers.join(", ")}`);
        const all = [
            ...objects.slice(0, 10),
            ...(objects.length > 10 ? [`and ${objects.length - 10} more objects`] : []),
            ...(own.length > 0 ? [`the namespace itself waits for ${own.join(", ")}`] : []),
            ...conditions.map(({ type, message }) => `${type}: ${message}`),
        ];
        return finding(
            "DP-NS-001",
            "error",
            `Namespace ${name}`,
            [`is being deleted${since ? ` since ${since}` : ""}, and nothing can be made in it`, ...all].join("\n"),
            `data-platform teardown --stack ${stack} --dry-run`,
        );
    });
}

/** Conditions that say why a namespace stays. */
const telling = [
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure",
    "NamespaceFinalizersRemaining",
    "NamespaceContentRemaining",
];

/** Reasons that hold a namespace which is being deleted: its conditions, and the objects that they name. */
export async function terminating(cluster: CachedReader, namespace: KubeObject): Promise<Terminating> {
    const { name, deletionTimestamp, finalizers = [] } = namespace.metadata;
    const conditions = listAt(namespace.status, "conditions")
        .filter(({ type, status }) => status === "True" && telling.includes(String(type)))
        .map(({ type, message }) => ({ type: String(type), message: String(message) }));
    const said = conditions.map(({ message }) => message).join(" ");
    const kinds = await cluster.namespaced();
    // "Some resources are remaining: configmaps. has 1 resource instances, kafkatopics.kafka.strimzi.io has 2 resource instances"
    const remaining = [...said.matchAll(/([a-z0-9.-]+?)\.? has \d+ resource instances/g)].map(
        ([, resource]) => resource,
    );
    const held = await Promise.all(
        kinds
            .filter(({ resource }) => remaining.includes(resource))
            .map(async ({ apiVersion, kind }) => cluster.list(apiVersion, kind, { namespace: name })),
    );
    return {
        ...{ name, since: deletionTimestamp, conditions, own: finalizers },
        held: held
            .flat()
            .filter(({ metadata }) => metadata.deletionTimestamp && metadata.finalizers?.length)
            .map(({ kind, metadata }) => ({
                object: nameOf({ apiVersion: "", kind, namespace: metadata.namespace, name: metadata.name }),
                finalizers: metadata.finalizers ?? [],
            })),
    };
}

export const namespaceChecks = (stack: string): Check[] => [
    {
        what: "namespaces that others have made",
        needs: ["cluster", "config"],
        run: async ({ cluster, config }) => ownerFindings(stack, config, await cluster.list("v1", "Namespace")),
    },
    {
        what: "namespaces that are being deleted",
        needs: ["cluster", "declared"],
        run: async ({ cluster, declared }) => {
            const there = await cluster.list("v1", "Namespace");
            const names = namespacesOf(stack, declared.manifests, there);
            const going = there.filter(
                ({ metadata }) => names.includes(metadata.name) && metadata.deletionTimestamp !== undefined,
            );
            const stuck = await Promise.all(going.map((namespace) => terminating(cluster, namespace)));
            return terminatingFindings(stack, names, stuck);
        },
    },
];
