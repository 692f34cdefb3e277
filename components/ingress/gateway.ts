import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { IngressConfig, proxiesOf } from "../../config/sections/ingress";
import { certManagerGroup, certManagerObject, privateKey } from "../cert-manager-object";
import { Issuer } from "../contracts";
import { labels } from "../labels";
import { caBundles } from "./ca-bundle";
import { Page, serverName } from "./page";

const group = "gateway.networking.k8s.io";
const apiVersion = `${group}/v1`;

type Gateway = NonNullable<IngressConfig["gateway"]>;

/** A Gateway as routes name it. */
interface GatewayRef {
    name: string;
    namespace: string;
    /** Listener of a page. */
    listener: (page: Page) => string;
    /** The Gateway and what it stands on, where it is the stack's own. */
    ready: pulumi.Resource[];
}

interface GatewayArgs {
    config: IngressConfig;
    /** Issuer where the config names none. */
    platformIssuer: Issuer;
    /** Resources that copy the CA, by the namespace that they copy it to. */
    bundles: Map<string, pulumi.Resource>;
}

/** The way in of some pages by the Gateway API: routes to a Gateway, and how it speaks TLS to what is behind it. */
export function byGateway(
    name: string,
    pages: Page[],
    gateway: Gateway,
    { config, platformIssuer, bundles }: GatewayArgs,
    parent: pulumi.Resource,
): void {
    const ref = gatewayRef(name, pages, gateway, { config, platformIssuer, bundles }, parent);
    // The object store and its console are one Service, and two policies of one Service are in each other's way.
    const policies = new Map<string, pulumi.Resource>();
    for (const page of pages) {
        const key = serverName(page);
        const bundle = bundles.get(page.namespace.name);
        const policy = policies.get(key) ?? backendPolicy(page, { parent, dependsOn: bundle ? [bundle] : [] });
        policies.set(key, policy);
        route(page, ref, config.annotations, { parent, dependsOn: [page.ready, policy, ...ref.ready] });
    }
}

/** The Gateway that the config names, or one of the stack's own. */
function gatewayRef(
    name: string,
    pages: Page[],
    { name: there, namespace, sectionName, className, port = 443 }: Gateway,
    { config, platformIssuer }: GatewayArgs,
    parent: pulumi.Resource,
): GatewayRef {
    const place = namespace ?? proxiesOf(config).namespace;
    if (there !== undefined) return { name: there, namespace: place, listener: () => sectionName ?? "", ready: [] };
    // Stacks may share the namespace.
    const own = (part: string) => `${pulumi.getStack()}-${part}`;
    const listener = ({ name: page }: Page) => page.slice(name.length + 1);
    const certificates = pages.map((page) =>
        certificateFor(page, { name: own(page.name), namespace: place, config, platformIssuer }, parent),
    );
    const gateway = new k8s.apiextensions.CustomResource(
        name,
        {
            apiVersion,
            kind: "Gateway",
            metadata: {
                name: own(name),
                namespace: place,
                labels: labels({ name, component: "ingress" }),
                // Its address comes from a controller that is no part of the stack, and may come later.
                annotations: { "pulumi.com/skipAwait": "true", ...config.annotations },
            },
            spec: {
                gatewayClassName: className,
                listeners: pages.map((page) => ({
                    name: listener(page),
                    hostname: page.host,
                    port,
                    protocol: "HTTPS",
                    tls: {
                        mode: "Terminate",
                        certificateRefs: [{ group: "", kind: "Secret", name: `${own(page.name)}-tls` }],
                    },
                    // Nobody else's routes take over a host of the stack's.
                    allowedRoutes: {
                        kinds: [{ group, kind: "HTTPRoute" }],
                        namespaces: {
                            from: "Selector",
                            selector: { matchLabels: { "kubernetes.io/metadata.name": page.namespace.name } },
                        },
                    },
                })),
            },
        },
        { parent, dependsOn: platformIssuer.ready },
    );
    return { name: own(name), namespace: place, listener, ready: [gateway, ...certificates] };
}

/** The certificate of a host, where the Gateway looks for it. */
function certificateFor(
    page: Page,
    {
        name,
        namespace,
        config,
        platformIssuer,
    }: { name: string; namespace: string; config: IngressConfig; platformIssuer: Issuer },
    parent: pulumi.Resource,
): pulumi.Resource {
    return certManagerObject(
        "Certificate",
        page.name,
        {
            metadata: { name, namespace },
            spec: {
                secretName: `${name}-tls`,
                dnsNames: [page.host],
                usages: ["digital signature", "key encipherment", "server auth"],
                privateKey,
                issuerRef: {
                    group: certManagerGroup,
                    kind: "ClusterIssuer",
                    name: config.issuer ?? platformIssuer.name,
                },
            },
            // One from outside may take the Gateway's address to prove that the host is ours.
            wait: config.issuer === undefined,
        },
        { parent, dependsOn: platformIssuer.ready },
    );
}

/** How whoever passes visitors on verifies a page: by the platform's CA, and by the name of its Service. */
function backendPolicy(page: Page, opts: pulumi.CustomResourceOptions): pulumi.Resource {
    const { name, namespace, service } = page;
    return new k8s.apiextensions.CustomResource(
        `${name}-backend`,
        {
            apiVersion,
            kind: "BackendTLSPolicy",
            metadata: { name, namespace: namespace.ready, labels: labels({ name, component: "ingress" }) },
            spec: {
                targetRefs: [{ group: "", kind: "Service", name: service }],
                validation: {
                    caCertificateRefs: [{ group: "", kind: caBundles.gateway.kind, name: caBundles.gateway.name }],
                    hostname: serverName(page),
                },
            },
        },
        opts,
    );
}

function route(
    page: Page,
    gateway: GatewayRef,
    annotations: IngressConfig["annotations"],
    opts: pulumi.CustomResourceOptions,
): void {
    const { name, namespace, host, service, port } = page;
    new k8s.apiextensions.CustomResource(
        `${name}-route`,
        {
            apiVersion,
            kind: "HTTPRoute",
            metadata: {
                name,
                namespace: namespace.ready,
                labels: labels({ name, component: "ingress" }),
                annotations: { "pulumi.com/skipAwait": "true", ...annotations },
            },
            spec: {
                parentRefs: [
                    {
                        group,
                        kind: "Gateway",
                        namespace: gateway.namespace,
                        name: gateway.name,
                        sectionName: gateway.listener(page),
                    },
                ],
                hostnames: [host],
                rules: [
                    {
                        matches: [{ path: { type: "PathPrefix", value: "/" } }],
                        backendRefs: [{ group: "", kind: "Service", name: service, port, weight: 1 }],
                    },
                ],
            },
        },
        opts,
    );
}
