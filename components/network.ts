import { isIP } from "node:net";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { anywhere, closedIn, dnsPort, rangeProblem } from "../config/addresses";
import { apiServerPorts, ClusterDns, clusterDns, KubernetesConfig } from "../config/sections/kubernetes";
import { ciliumPolicy, CiliumWay, toHost, toKubeApiServer } from "./cilium";
import { ClientPeer, EgressRule, GivenWay, NamespaceRef, Network, Peer } from "./contracts";
import { labels } from "./labels";

export type { EgressRule, GivenWay, Network } from "./handles/network";

/** A way out of pods. */
export type Way = EgressRule | GivenWay;

/** A NetworkPolicy before it is known which of its ways out go by name. */
export type PolicySpec = Omit<k8s.types.input.networking.v1.NetworkPolicySpec, "egress"> & { egress?: Way[] };

/** Builds a stack's policy rules for endpoints that are no pods. Nothing is proven yet. */
export function networkOf({
    apiServer,
    dns,
    networkPlugin,
}: Pick<KubernetesConfig, "apiServer" | "dns" | "networkPlugin">): Network {
    const byName = networkPlugin === "cilium";
    const ports = apiServer?.ports ?? apiServerPorts;
    return {
        apiServer: byName ? { cilium: toKubeApiServer(ports) } : { rule: toAddresses(apiServer?.cidrs, ports) },
        outside: ({ host, port, cidrs }) => {
            if (cidrs) return { cidrs, port };
            // An address needs nobody who tells it.
            if (isIP(host)) return { cidrs: [oneAddress(host)], port };
            return byName ? { name: host, dns: clusterDns({ dns }), port } : { port };
        },
    };
}

/** Look-ups of names, which every pod needs, at the cluster's DNS only. */
export function dnsEgress({ pods, ports, addresses }: ClusterDns): EgressRule[] {
    const both = (port: number) => [
        { protocol: "UDP", port },
        { protocol: "TCP", port },
    ];
    return [
        {
            to: pods.map(({ namespace, labels }) => fromPods({ namespace, podLabels: labels })),
            ports: ports.flatMap(both),
        },
        ...(addresses.length > 0
            ? [{ to: addresses.map((address) => ({ ipBlock: { cidr: oneAddress(address) } })), ports: both(dnsPort) }]
            : []),
    ];
}

/** The range that is one address. */
function oneAddress(address: string): string {
    return `${address}/${isIP(address) === 4 ? 32 : 128}`;
}

/**
 * The way to ranges of addresses, without what is never opened.
 *
 * @param cidrs Ranges. @default any address
 * @throws RunError for a range that may not be opened
 */
export function toAddresses(cidrs: readonly string[] = anywhere, ports: readonly number[]): EgressRule {
    return { to: cidrs.map(toRange), ports: ports.map((port) => ({ protocol: "TCP", port })) };
}

/**
 * A range of addresses as a policy names it, without what is never opened.
 *
 * @throws RunError for a range that may not be opened
 */
export function toRange(cidr: string) {
    const problem = rangeProblem(cidr);
    if (problem) throw new pulumi.RunError(`a range of addresses to open: ${problem}`);
    const except = closedIn(cidr);
    return { ipBlock: { cidr, ...(except.length > 0 ? { except } : {}) } };
}

/** Pods as a policy names who may come in, or where one may go. */
export function fromPods({ namespace, podLabels }: ClientPeer) {
    return {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
        podSelector: { matchLabels: podLabels },
    };
}

/** The way to something that listens, in the cluster or outside of it. */
export function egressTo(peer: Peer): Way {
    if (peer.namespace === undefined) {
        return peer.name ? { cilium: toHost(peer.name, peer.port, peer.dns) } : toAddresses(peer.cidrs, [peer.port]);
    }
    return {
        to: [fromPods(peer)],
        ports: [{ protocol: "TCP", port: peer.port }],
    };
}

/** The ways that a NetworkPolicy can say. */
export function plainWays(ways: Way[]): EgressRule[] {
    return ways.flatMap((way) => (isGiven(way) ? (way.rule ?? []) : way));
}

/** The ways that only Cilium's policies can say. */
export function ciliumWays(ways: Way[]): CiliumWay[] {
    return ways.flatMap((way) => (isGiven(way) ? (way.cilium ?? []) : []));
}

function isGiven(way: Way): way is GivenWay {
    return "rule" in way || "cilium" in way;
}

function isEmpty(ways: unknown): boolean {
    return ways === undefined || (Array.isArray(ways) && ways.length === 0);
}

/** A NetworkPolicy, and beside it one of the plugin's own where it has ways by name. */
export function networkPolicy(
    name: string,
    { metadata, spec }: { metadata: k8s.types.input.meta.v1.ObjectMeta; spec: PolicySpec },
    opts: Omit<pulumi.CustomResourceOptions, "dependsOn">,
): pulumi.Resource[] {
    const { egress, ingress, ...rest } = spec;
    const named = ciliumWays(egress ?? []);
    const after = (egress ?? []).flatMap((way) => (isGiven(way) ? (way.after ?? []) : []));
    const own = { ...opts, dependsOn: after };
    const ways = plainWays(egress ?? []);
    // The server leaves an empty list out; that nothing is open either way, the policy's types say.
    const plain = {
        ...rest,
        ...(isEmpty(ingress) ? {} : { ingress }),
        ...(isEmpty(ways) ? {} : { egress: ways }),
    };
    return [
        new k8s.networking.v1.NetworkPolicy(name, { metadata, spec: plain }, own),
        ...(named.length > 0
            ? [ciliumPolicy(name, { metadata, podSelector: spec.podSelector ?? {}, ways: named }, own)]
            : []),
    ];
}

/**
 * Makes the policies that open a closed namespace, by name.
 *
 * @param prefix What the names need before them to be told apart in the program. @default nothing
 */
export function networkPolicies(
    specs: Record<string, PolicySpec>,
    { namespace, component, prefix = "" }: { namespace: NamespaceRef; component: string; prefix?: string },
    opts: Omit<pulumi.CustomResourceOptions, "dependsOn">,
): pulumi.Resource[] {
    return Object.entries(specs).flatMap(([name, spec]) =>
        networkPolicy(
            `${prefix}${name}`,
            { metadata: { name, namespace: namespace.ready, labels: labels({ name, component }) }, spec },
            opts,
        ),
    );
}
