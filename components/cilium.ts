import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { closedAddresses } from "../config/addresses";
import { ClusterDns, clusterDns } from "../config/sections/kubernetes";

/** A rule for ways out of a CiliumNetworkPolicy, as far as it is used here. */
export interface CiliumEgress {
    toEntities?: "kube-apiserver"[];
    toFQDNs?: ({ matchName: string } | { matchPattern: string })[];
    toEndpoints?: { matchLabels: Record<string, string> }[];
    toCIDR?: readonly string[];
    toPorts: { ports: CiliumPort[]; rules?: { dns: { matchPattern: string }[] } }[];
}

interface CiliumPort {
    port: string;
    protocol: "TCP" | "ANY";
}

/** Rules that only Cilium's own policies can have: names instead of addresses. Allowed is what any policy allows, of either kind. */
export interface CiliumWay {
    egress: CiliumEgress[];
    /** Closed whatever else is open. @default nothing */
    egressDeny?: CiliumEgress[];
}

/** The API server, whatever addresses it has: Cilium knows it as what it is, and by no address where it is a node's. */
export function toKubeApiServer(ports: readonly number[]): CiliumWay {
    return { egress: [{ toEntities: ["kube-apiserver"], toPorts: tcp(ports) }] };
}

/**
 * A host by its name, or every host below a domain by `*.` before it: whatever addresses the cluster's DNS has just given for it. Cilium learns them by looking at the answers,
 * which it does only where a rule for look-ups says so.
 */
export function toHost(host: string, port: number, { pods, ports }: ClusterDns = clusterDns({})): CiliumWay {
    const lookUps: CiliumEgress = {
        toEndpoints: pods.map(({ namespace, labels }) => ({
            matchLabels: { "k8s:io.kubernetes.pod.namespace": namespace, ...fromKubernetes(labels) },
        })),
        toPorts: [
            {
                ports: ports.map((each) => ({ port: String(each), protocol: "ANY" })),
                rules: { dns: [{ matchPattern: "*" }] },
            },
        ],
    };
    return {
        egress: [
            lookUps,
            { toFQDNs: [host.startsWith("*.") ? { matchPattern: host } : { matchName: host }], toPorts: tcp([port]) },
        ],
        // Whoever answers for the name doesn't get to choose one of these.
        egressDeny: [{ toCIDR: closedAddresses, toPorts: tcp([port]) }],
    };
}

/** Labels as Cilium tells Kubernetes' from others. */
function fromKubernetes(labels: Record<string, string>): Record<string, string> {
    return Object.fromEntries(Object.entries(labels).map(([key, value]) => [`k8s:${key}`, value]));
}

function tcp(ports: readonly number[]): CiliumEgress["toPorts"] {
    return [{ ports: ports.map((port) => ({ port: String(port), protocol: "TCP" })) }];
}

/** Metadata of a policy, and the pods that it selects. */
export interface CiliumPolicyArgs {
    metadata: k8s.types.input.meta.v1.ObjectMeta;
    podSelector: pulumi.Input<k8s.types.input.meta.v1.LabelSelector>;
    ways: CiliumWay[];
}

/** A policy of Cilium's beside a NetworkPolicy of the same name, for the same pods. */
export function ciliumPolicy(
    name: string,
    { metadata, podSelector, ways }: CiliumPolicyArgs,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
    const egressDeny = ways.flatMap((way) => way.egressDeny ?? []);
    return new k8s.apiextensions.CustomResource(
        `${name}-cilium`,
        {
            apiVersion: "cilium.io/v2",
            kind: "CiliumNetworkPolicy",
            metadata,
            spec: {
                endpointSelector: podSelector,
                egress: ways.flatMap(({ egress }) => egress),
                ...(egressDeny.length > 0 ? { egressDeny } : {}),
            },
        },
        opts,
    );
}
