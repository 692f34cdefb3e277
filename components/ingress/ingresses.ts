import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { controllerOf, IngressConfig } from "../../config/sections/ingress";
import { Issuer } from "../contracts";
import { labels } from "../labels";
import { backendTls, BackendTls } from "./controllers";
import type { Page } from "./page";

interface IngressArgs {
    config: IngressConfig;
    /** Issuer where the config names none. */
    platformIssuer: Issuer;
    /** Resources to depend on besides the page's own. */
    after: pulumi.Resource[];
}

/** How the controller that the config names, or has by its class, is told to speak TLS to a page. */
export function tlsOf(page: Page, config: IngressConfig): BackendTls {
    const controller = controllerOf(config);
    // The config's rules have refused it.
    if (!controller) throw new pulumi.RunError(`ingress.controller: nobody knows whose class "${config.className}" is`);
    return backendTls(controller, page);
}

/** An Ingress, by which a controller takes a page's visitors, over TLS on both sides of it. */
export function ingressFor(page: Page, { config, platformIssuer, after }: IngressArgs, parent: pulumi.Resource): void {
    const { name, host, namespace, port, ready, trust } = page;
    const { ingress, usual, service, transport } = tlsOf(page, config);
    const metadata = { name, namespace: namespace.ready, labels: labels({ name, component: "ingress" }) };
    const child = { parent };
    const own = service ? [serviceFor(page, service, child)] : [];
    const transports = transport ? [transportFor(page, transport, { ...child, dependsOn: [trust.ready] })] : [];
    new k8s.networking.v1.Ingress(
        name,
        {
            metadata: {
                ...metadata,
                annotations: {
                    ...usual,
                    "cert-manager.io/cluster-issuer": config.issuer ?? platformIssuer.name,
                    // Its address comes from a controller that is no part of the stack, and may come later.
                    "pulumi.com/skipAwait": "true",
                    ...config.annotations,
                    ...ingress,
                },
            },
            spec: {
                ...(config.className ? { ingressClassName: config.className } : {}),
                tls: [{ hosts: [host], secretName: `${name}-tls` }],
                rules: [
                    {
                        host,
                        http: {
                            paths: [
                                {
                                    path: "/",
                                    pathType: "Prefix",
                                    backend: {
                                        service: { name: service ? name : page.service, port: { number: port } },
                                    },
                                },
                            ],
                        },
                    },
                ],
            },
        },
        { ...child, dependsOn: [ready, trust.ready, ...platformIssuer.ready, ...own, ...transports, ...after] },
    );
}

/** A Service that carries what a controller reads there: that of the page is its chart's. */
function serviceFor(
    { name, namespace, peer, port }: Page,
    annotations: Record<string, string>,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
    return new k8s.core.v1.Service(
        name,
        {
            metadata: {
                name,
                namespace: namespace.ready,
                labels: labels({ name, component: "ingress" }),
                // Its pods may come later: the page itself is waited for.
                annotations: { "pulumi.com/skipAwait": "true", ...annotations },
            },
            spec: {
                type: "ClusterIP",
                selector: peer.podLabels,
                ports: [{ name: "https", port, targetPort: port, protocol: "TCP" }],
            },
        },
        opts,
    );
}

function transportFor({ name, namespace }: Page, spec: object, opts: pulumi.CustomResourceOptions): pulumi.Resource {
    return new k8s.apiextensions.CustomResource(
        name,
        {
            apiVersion: "traefik.io/v1alpha1",
            kind: "ServersTransport",
            metadata: { name, namespace: namespace.ready, labels: labels({ name, component: "ingress" }) },
            spec,
        },
        opts,
    );
}
