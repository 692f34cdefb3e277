import { z } from "zod";

import { address, cidrs, dnsPort } from "../addresses";
import { labels } from "../free-maps";
import { argument } from "../texts";
import { name, port } from "../units";

const apiServer = z
    .strictObject({
        cidrs: cidrs
            .optional()
            .describe(
                "Addresses of the API server, as pods reach it: those behind the Service default/kubernetes and that Service's own; `make doctor` proposes them. Default: any but link-local ones and clouds' metadata.",
            ),
        ports: z
            .array(port)
            .min(1)
            .optional()
            .describe("Ports of it, behind that Service and of that Service itself. Default 443 and 6443."),
    })
    .describe("The way to the Kubernetes API, which NetworkPolicies open for what needs it.");

const dns = z
    .strictObject({
        pods: z
            .array(
                z.strictObject({
                    namespace: name.describe("Their namespace, e.g. openshift-dns."),
                    labels: labels
                        .refine(
                            (map) => Object.keys(map).length > 0,
                            "must have a label, or every pod there would be meant",
                        )
                        .describe("Labels that they all have."),
                }),
            )
            .min(1)
            .optional()
            .describe(
                "Pods that answer look-ups: those behind the Service that pods' resolv.conf names, and those of a node's cache where the network plugin leads there. Default: k8s-app kube-dns in kube-system, which most clusters have.",
            ),
        ports: z
            .array(port)
            .min(1)
            .optional()
            .describe("Ports of these pods, which need not be the Service's: OpenShift's is 5353. Default 53."),
        addresses: z
            .array(address)
            .min(1)
            .optional()
            .describe(
                "Addresses of a DNS that is no pod, on port 53: a node's cache (NodeLocal DNSCache, usually 169.254.20.10; the first nameserver in a pod's /etc/resolv.conf). With networkPlugin cilium it is a pod by its labels. Default: none.",
            ),
    })
    .describe("The cluster's DNS, which NetworkPolicies open for every pod; `make doctor` tells what is there.");

export const kubernetes = z
    .strictObject({
        context: argument.optional().describe("Context of the kubeconfig; without it the current one."),
        apiServer: apiServer.optional(),
        dns: dns.optional(),
        podUser: z
            .enum(["fixed", "assigned"])
            .optional()
            .describe(
                "Who says as which user the pods run. fixed: the stack, each image's own. assigned: the cluster, which gives every namespace a range (OpenShift's SCC restricted-v2); no pod then names a user or a group, and none runs as root. Default fixed.",
            ),
        networkPlugin: z
            .enum(["standard", "cilium"])
            .optional()
            .describe(
                "What enforces NetworkPolicies. cilium: CiliumNetworkPolicies open the API server and hosts outside by their names, which Cilium doesn't know by address. Default standard; on a cluster with Cilium's policies it has to be said.",
            ),
    })
    .describe("The cluster. The kubeconfig is the one that kubectl would use.");

export type KubernetesConfig = z.infer<typeof kubernetes>;

/** Ports of the API server and of its Service, where nothing else is said. */
export const apiServerPorts: readonly number[] = [443, 6443];

/** The cluster's DNS as policies know it. */
export interface ClusterDns {
    pods: { namespace: string; labels: Record<string, string> }[];
    ports: number[];
    addresses: string[];
}

/** The DNS that a cluster has, with what the config says of it: CoreDNS as kubeadm, clouds, k3s, kind and minikube install it. */
export function clusterDns({ dns }: Pick<KubernetesConfig, "dns">): ClusterDns {
    return {
        pods: dns?.pods ?? [{ namespace: "kube-system", labels: { "k8s-app": "kube-dns" } }],
        ports: dns?.ports ?? [dnsPort],
        addresses: dns?.addresses ?? [],
    };
}

/** Key of the config that narrows the way to the API server, in its own words; undefined where none does. */
export function apiServerNarrowed({ apiServer, networkPlugin }: KubernetesConfig): string | undefined {
    const ports = apiServer?.ports ? `ports ${apiServer.ports.join(", ")}` : "";
    if (networkPlugin === "cilium") return `kubernetes.networkPlugin: cilium${ports && `, with ${ports}`}`;
    if (apiServer === undefined) return undefined;
    const where = apiServer.cidrs ? `addresses ${apiServer.cidrs.join(", ")}` : "";
    return `kubernetes.apiServer: ${[where, ports].filter(Boolean).join(", ")}`;
}
