import { z } from "zod";

import { cidrs } from "../addresses";
import { argument } from "../texts";
import { port } from "../units";

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

export const kubernetes = z
    .strictObject({
        context: argument.optional().describe("Context of the kubeconfig; without it the current one."),
        apiServer: apiServer.optional(),
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

/** Key of the config that narrows the way to the API server, in its own words; undefined where none does. */
export function apiServerNarrowed({ apiServer, networkPlugin }: KubernetesConfig): string | undefined {
    const ports = apiServer?.ports ? `ports ${apiServer.ports.join(", ")}` : "";
    if (networkPlugin === "cilium") return `kubernetes.networkPlugin: cilium${ports && `, with ${ports}`}`;
    if (apiServer === undefined) return undefined;
    const where = apiServer.cidrs ? `addresses ${apiServer.cidrs.join(", ")}` : "";
    return `kubernetes.apiServer: ${[where, ports].filter(Boolean).join(", ")}`;
}
