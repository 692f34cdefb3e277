import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { NamespaceRef } from "./contracts";
import { labels, prefix } from "./labels";
import { dnsEgress } from "./network";

export interface NamespaceArgs {
    /** The system that lives in it, e.g. `storage`. */
    system: string;
    /** Version of the Pod Security Standard `restricted` that it enforces, e.g. `v1.34`. */
    podSecurityVersion: string;
    /** It belongs to this stack, so that policies of the stack's other namespaces may name it. @default true */
    ofStack?: boolean;
}

/**
 * A namespace that enforces Pod Security `restricted`, and lets nothing in or out but look-ups of names and what further
 * NetworkPolicies open.
 *
 * @param own Options of the namespace itself, not of what is in it.
 */
export function restrictedNamespace(
    name: string,
    { system, podSecurityVersion, ofStack = true }: NamespaceArgs,
    opts: pulumi.CustomResourceOptions,
    own: pulumi.CustomResourceOptions = {},
): NamespaceRef {
    const ours = ofStack ? namespaceLabels(system) : labels({ name: system, component: "namespace" });
    const namespace = new k8s.core.v1.Namespace(
        name,
        { metadata: { name, labels: { ...ours, ...podSecurity(podSecurityVersion) } } },
        { ...opts, ...own },
    );
    const policies = Object.entries(closed).map(
        ([policy, spec]) =>
            new k8s.networking.v1.NetworkPolicy(
                `${name}-${policy}`,
                {
                    metadata: {
                        name: policy,
                        namespace: namespace.metadata.name,
                        labels: labels({ name: policy, component: system }),
                    },
                    spec,
                },
                opts,
            ),
    );
    // Ready means closed as well: no pod starts before the policies are there.
    const ready = pulumi
        .all([namespace.metadata.name, ...policies.map((policy) => policy.metadata.name)])
        .apply(([there]) => there);
    return { name, ready };
}

/** Labels by which NetworkPolicies of other namespaces of the same stack know this one. */
export function namespaceLabels(system: string): Record<string, string> {
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

const closed = {
    "default-deny": { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    "allow-dns": { podSelector: {}, policyTypes: ["Egress"], egress: [dnsEgress] },
};
