import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { IngressConfig, proxiesOf } from "../../config/sections/ingress";
import { NamespaceRef } from "../contracts";
import { labels } from "../labels";
import { toRange } from "../network";
import type { Page } from "./page";

/** Port of cert-manager's solvers. */
const solverPort = 8089;

/** Lets in to a page's pods who passes visitors on. */
export function allowVisitors(
    { name, namespace, peer, port }: Page,
    config: IngressConfig,
    parent: pulumi.Resource,
): void {
    policy(name, name, namespace, { labels: peer.podLabels, port }, config, parent);
}

/** An ACME issuer proves by a pod of cert-manager's, reached through the ingress controller, that the host is ours. */
export function allowSolvers(
    prefix: string,
    namespace: NamespaceRef,
    config: IngressConfig,
    parent: pulumi.Resource,
): void {
    const solvers = { labels: { "acme.cert-manager.io/http01-solver": "true" }, port: solverPort };
    policy(`${prefix}-acme.${namespace.name}`, `${prefix}-acme`, namespace, solvers, config, parent);
}

function policy(
    key: string,
    name: string,
    namespace: NamespaceRef,
    to: { labels: Record<string, string>; port: number },
    config: IngressConfig,
    parent: pulumi.Resource,
): void {
    new k8s.networking.v1.NetworkPolicy(
        key,
        {
            metadata: { name, namespace: namespace.ready, labels: labels({ name, component: "ingress" }) },
            spec: {
                podSelector: { matchLabels: to.labels },
                policyTypes: ["Ingress"],
                ingress: [{ from: from(config), ports: [{ protocol: "TCP", port: to.port }] }],
            },
        },
        { parent },
    );
}

/** Pods that pass visitors on, and addresses that the config names. */
function from(config: IngressConfig) {
    const { namespace, labels: matchLabels } = proxiesOf(config);
    return [
        {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
            ...(Object.keys(matchLabels).length > 0 ? { podSelector: { matchLabels } } : {}),
        },
        ...(config.from ?? []).map(toRange),
    ];
}
