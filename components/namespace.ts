import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { containerDefaults, Hard } from "../config/quotas";
import { dnsOfCluster, pullSecret } from "./cluster-settings";
import { NamespaceRef } from "./contracts";
import { reserve } from "./declarations";
import { labels, prefix } from "./labels";
import { dnsEgress } from "./network";

export interface NamespaceArgs {
    /** The system that lives in it, e.g. `storage`. */
    system: string;
    /** Version of the Pod Security Standard `restricted` that it enforces, e.g. `v1.34`. */
    podSecurityVersion: string;
    /** Quota of all its pods together. */
    quota: Hard;
    /** It belongs to a stack that is destroyed when its time is over. @default false */
    ephemeral?: boolean;
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
    { system, podSecurityVersion, quota, ofStack = true, ephemeral = false }: NamespaceArgs,
    opts: pulumi.CustomResourceOptions,
    own: pulumi.CustomResourceOptions = {},
): NamespaceRef {
    const ours = {
        ...(ofStack ? namespaceLabels(system) : labels({ name: system, component: "namespace" })),
        ...(ephemeral ? ephemeralLabel : {}),
    };
    const namespace = new k8s.core.v1.Namespace(
        name,
        { metadata: { name, labels: { ...ours, ...podSecurity(podSecurityVersion) } } },
        { ...opts, ...own },
    );
    const metadata = (object: string) => ({
        name: object,
        namespace: namespace.metadata.name,
        labels: labels({ name: object, component: system }),
    });
    const limits = [
        new k8s.core.v1.ResourceQuota(
            `${name}-quota`,
            // Its status is the sum of what is there; waiting for it would only hold up the first pod.
            {
                metadata: { ...metadata("quota"), annotations: { "pulumi.com/skipAwait": "true" } },
                spec: { hard: quota },
            },
            opts,
        ),
        new k8s.core.v1.LimitRange(
            `${name}-defaults`,
            { metadata: metadata("defaults"), spec: { limits: [{ type: "Container", ...containerDefaults(quota) }] } },
            opts,
        ),
    ];
    reserve(Object.keys(closed()).map((policy) => `${name}: NetworkPolicy ${policy}`));
    const policies = Object.entries(closed()).map(
        ([policy, spec]) =>
            new k8s.networking.v1.NetworkPolicy(`${name}-${policy}`, { metadata: metadata(policy), spec }, opts),
    );
    const login = pullSecret();
    const logins =
        login?.content === undefined
            ? []
            : [
                  new k8s.core.v1.Secret(
                      `${name}-${login.name}`,
                      {
                          metadata: metadata(login.name),
                          type: "kubernetes.io/dockerconfigjson",
                          stringData: { ".dockerconfigjson": pulumi.secret(login.content) },
                      },
                      opts,
                  ),
              ];
    // Ready means closed and bounded as well, and able to pull: no pod starts before all of it is there.
    const ready = pulumi
        .all([namespace.metadata.name, ...[...policies, ...limits, ...logins].map((each) => each.metadata.name)])
        .apply(([there]) => there);
    return { name, ready };
}

/** Labels by which NetworkPolicies of other namespaces of the same stack know this one. */
export function namespaceLabels(system: string): Record<string, string> {
    return { ...stackLabel(), [`${prefix}/system`]: system, ...labels({ name: system, component: "namespace" }) };
}

/** By it the sweep finds what a stack has left that no backend knows any more. */
const ephemeralLabel = { [`${prefix}/ephemeral`]: "true" };

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

const closed = () => ({
    "default-deny": { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    "allow-dns": { podSelector: {}, policyTypes: ["Egress"], egress: dnsEgress(dnsOfCluster()) },
});
