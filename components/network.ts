import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { NamespaceRef, Peer } from "./contracts";
import { labels } from "./labels";

type EgressRule = k8s.types.input.networking.v1.NetworkPolicyEgressRule;

/** Look-ups of names, which every pod needs, at the cluster's DNS only. */
export const dnsEgress: EgressRule = {
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

/**
 * The Kubernetes API, for what talks to it: controllers, schedulers, drivers. Ports only: the API server is no pod, and its
 * address is the cluster's own affair.
 */
export const apiServerEgress: EgressRule = {
    ports: [
        { protocol: "TCP", port: 443 },
        { protocol: "TCP", port: 6443 },
    ],
};

/** The way to something that listens, in the cluster or outside of it. */
export function egressTo(peer: Peer): EgressRule {
    const ports = [{ protocol: "TCP", port: peer.port }];
    if (peer.namespace === undefined) {
        return peer.cidrs ? { to: peer.cidrs.map((cidr) => ({ ipBlock: { cidr } })), ports } : { ports };
    }
    return {
        to: [
            {
                namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": peer.namespace } },
                podSelector: { matchLabels: peer.podLabels },
            },
        ],
        ports,
    };
}

/**
 * What a closed namespace opens, by the policies' names.
 *
 * @param prefix What the names need before them to be told apart in the program. @default nothing
 */
export function networkPolicies(
    specs: Record<string, k8s.types.input.networking.v1.NetworkPolicySpec>,
    { namespace, component, prefix = "" }: { namespace: NamespaceRef; component: string; prefix?: string },
    opts: pulumi.CustomResourceOptions,
): k8s.networking.v1.NetworkPolicy[] {
    return Object.entries(specs).map(
        ([name, spec]) =>
            new k8s.networking.v1.NetworkPolicy(
                `${prefix}${name}`,
                { metadata: { name, namespace: namespace.ready, labels: labels({ name, component }) }, spec },
                opts,
            ),
    );
}
