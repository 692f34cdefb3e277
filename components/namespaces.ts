import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { PlatformConfig } from "../config/schema";
import { cluster } from "./cluster";
import { NamespaceRef } from "./contracts";
import { labels, prefix } from "./labels";

/** The systems that have a namespace of their own. */
export type System = "storage" | "streaming" | "jobs";

export interface NamespacesArgs {
    /** Namespaces are `<prefix>-<system>`. @default the stack's name */
    prefix?: string;
    /** Version of the Pod Security Standard `restricted` that each enforces, e.g. `v1.34`. */
    podSecurityVersion: string;
    /** The cluster, as in the stack's config. */
    kubernetes: PlatformConfig["kubernetes"];
    /** Systems whose volumes outlive the stack; their namespace does too, or the volumes would go with it. */
    retained: System[];
    /** Refuse to delete the retained ones. @default false */
    protect?: boolean;
}

/**
 * A namespace a system. Each enforces Pod Security `restricted`, and lets nothing in or out but what a workload's own
 * NetworkPolicy opens, and look-ups of names.
 */
export class Namespaces extends pulumi.ComponentResource {
    readonly storage: NamespaceRef;
    readonly streaming: NamespaceRef;
    readonly jobs: NamespaceRef;

    /** A destroyed stack has left its kept namespaces behind; only those may be taken over when it is made anew. */
    private readonly adopting: k8s.Provider | undefined;

    constructor(name: string, args: NamespacesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:cluster:Namespaces", name, {}, opts);

        this.adopting = args.retained.length > 0 ? cluster("adopting", args.kubernetes, true) : undefined;
        const make = (system: System) => this.namespace(system, args);
        this.storage = make("storage");
        this.streaming = make("streaming");
        this.jobs = make("jobs");

        this.registerOutputs({});
    }

    private namespace(system: System, args: NamespacesArgs): NamespaceRef {
        const name = `${args.prefix ?? pulumi.getStack()}-${system}`;
        const retained = args.retained.includes(system);
        const namespace = new k8s.core.v1.Namespace(
            name,
            { metadata: { name, labels: { ...namespaceLabels(system), ...podSecurity(args.podSecurityVersion) } } },
            {
                parent: this,
                retainOnDelete: retained,
                protect: retained && args.protect,
                ...(retained ? { provider: this.adopting } : {}),
            },
        );
        const policies = networkPolicies(name).map(
            ({ suffix, spec }) =>
                new k8s.networking.v1.NetworkPolicy(
                    `${name}-${suffix}`,
                    {
                        metadata: {
                            name: suffix,
                            namespace: namespace.metadata.name,
                            labels: labels({ name: suffix, component: system }),
                        },
                        spec,
                    },
                    { parent: this },
                ),
        );
        // Ready means closed as well: no pod starts before the policies are there.
        const ready = pulumi
            .all([namespace.metadata.name, ...policies.map((policy) => policy.metadata.name)])
            .apply(([there]) => there);
        return { name, ready };
    }
}

/** Labels by which NetworkPolicies of other namespaces of the same stack know this one. */
export function namespaceLabels(system: System): Record<string, string> {
    return { ...stackLabel(), [`${prefix}/system`]: system, ...labels({ name: system, component: "namespace" }) };
}

/** The label that every namespace of this stack carries, and none of another stack. */
export function stackLabel(): Record<string, string> {
    return { [`${prefix}/stack`]: pulumi.getStack() };
}

function podSecurity(version: string): Record<string, string> {
    return Object.fromEntries(
        ["enforce", "audit", "warn"].flatMap((mode) => [
            [`pod-security.kubernetes.io/${mode}`, "restricted"],
            [`pod-security.kubernetes.io/${mode}-version`, version],
        ]),
    );
}

function networkPolicies(namespace: string) {
    return [
        {
            namespace,
            suffix: "default-deny",
            spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
        },
        {
            namespace,
            suffix: "allow-dns",
            spec: { podSelector: {}, policyTypes: ["Egress"], egress: [dnsEgress] },
        },
    ];
}

/** Look-ups of names, which every pod needs, at the cluster's DNS only. */
const dnsEgress = {
    to: [
        {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
            podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
        },
    ],
    ports: [
        { protocol: "UDP", port: 53 },
        { protocol: "TCP", port: 53 },
    ],
};
