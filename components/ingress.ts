import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { IngressConfig } from "../config/sections/ingress";
import { Authority, Issuer, NamespaceRef, ObjectStore, Orchestrator, Peer, Tracking } from "./contracts";
import { labels } from "./labels";
import { toRange } from "./network";

export interface IngressesArgs {
    config: IngressConfig;
    authority: Authority;
    /** Issuer where the config names none. */
    platformIssuer: Issuer;
    /** Namespaces of the exposed services. */
    namespaces: Record<"storage" | "tracking" | "orchestration", NamespaceRef>;
    store: ObjectStore;
    tracking: Tracking;
    orchestrator: Orchestrator;
}

/** One exposed service. */
interface ExposedService {
    namespace: NamespaceRef;
    /** URL of what answers, inside the cluster. */
    url: string;
    peer: Peer;
    /** Another port than the peer's. @default the peer's */
    port?: number;
    /** Resource to depend on before a visitor comes in. */
    ready: pulumi.Resource;
}

/** Port of MinIO's console. */
const consolePort = 9001;

/** Port of cert-manager's solvers. */
const solverPort = 8089;

/**
 * Access from outside: an Ingress a host, over TLS on both sides of the ingress controller, and the one opening in the closed
 * namespace that its pods need.
 */
export class Ingresses extends pulumi.ComponentResource {
    constructor(name: string, args: IngressesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:network:WaysIn", name, {}, opts);
        const { config, store, tracking, orchestrator, namespaces } = args;
        const objectStore = { ...store, url: store.endpoint, peer: store.peers[0], namespace: namespaces.storage };
        const systems: Record<keyof IngressConfig["hosts"], ExposedService> = {
            orchestrator: { ...orchestrator, namespace: namespaces.orchestration },
            tracking: { ...tracking, url: tracking.uri, namespace: namespaces.tracking },
            objectStore,
            console: { ...objectStore, port: consolePort },
        };
        const solved = new Set<NamespaceRef>();
        for (const [system, host] of Object.entries(config.hosts)) {
            if (!host) continue;
            const exposed = systems[system as keyof typeof systems];
            this.expose(`${name}-${system.toLowerCase()}`, host, exposed, args);
            if (config.issuer) solved.add(exposed.namespace);
        }
        for (const namespace of solved) this.allowSolvers(name, namespace, config);
        this.registerOutputs({});
    }

    /** An ACME issuer proves by a pod of cert-manager's, reached through the ingress controller, that the host is ours. */
    private allowSolvers(name: string, namespace: NamespaceRef, config: IngressConfig): void {
        const policy = `${name}-acme`;
        new k8s.networking.v1.NetworkPolicy(
            `${policy}.${namespace.name}`,
            {
                metadata: {
                    name: policy,
                    namespace: namespace.ready,
                    labels: labels({ name: policy, component: "ingress" }),
                },
                spec: {
                    podSelector: { matchLabels: { "acme.cert-manager.io/http01-solver": "true" } },
                    policyTypes: ["Ingress"],
                    ingress: [{ from: from(config), ports: [{ protocol: "TCP", port: solverPort }] }],
                },
            },
            { parent: this },
        );
    }

    private expose(
        name: string,
        host: string,
        exposed: ExposedService,
        { config, authority, platformIssuer }: IngressesArgs,
    ): void {
        const { namespace, peer, port = peer.port } = exposed;
        // Nothing outside of the cluster needs a way in of ours.
        if (peer.namespace === undefined) return;
        const [service] = new URL(exposed.url).hostname.split(".");
        const child = { parent: this };
        const metadata = { name, namespace: namespace.ready, labels: labels({ name, component: "ingress" }) };
        const trust = authority.trust(namespace);
        new k8s.networking.v1.NetworkPolicy(
            name,
            {
                metadata,
                spec: {
                    podSelector: { matchLabels: peer.podLabels },
                    policyTypes: ["Ingress"],
                    ingress: [
                        {
                            from: from(config),
                            ports: [{ protocol: "TCP", port }],
                        },
                    ],
                },
            },
            child,
        );
        new k8s.networking.v1.Ingress(
            name,
            {
                metadata: {
                    ...metadata,
                    annotations: {
                        ...backend(service, namespace, trust.secretName),
                        "cert-manager.io/cluster-issuer": config.issuer ?? platformIssuer.name,
                        // Its address comes from a controller that is no part of the stack, and may come later.
                        "pulumi.com/skipAwait": "true",
                        ...config.annotations,
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
                                        backend: { service: { name: service, port: { number: port } } },
                                    },
                                ],
                            },
                        },
                    ],
                },
            },
            { ...child, dependsOn: [exposed.ready, trust.ready, ...platformIssuer.ready] },
        );
    }
}

/** All pods of a namespace, because an ingress controller's labels are its chart's affair, and addresses that the config names. */
function from({ controllerNamespace, from = [] }: IngressConfig) {
    return [
        { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": controllerNamespace } } },
        ...from.map(toRange),
    ];
}

/** ingress-nginx speaks plain HTTP to what is behind it, and looks at no certificate, unless it is told; others don't read these. */
function backend(service: string, namespace: NamespaceRef, trustSecret: string): Record<string, string> {
    const nginx = "nginx.ingress.kubernetes.io";
    return {
        [`${nginx}/backend-protocol`]: "HTTPS",
        [`${nginx}/proxy-ssl-secret`]: `${namespace.name}/${trustSecret}`,
        [`${nginx}/proxy-ssl-verify`]: "on",
        [`${nginx}/proxy-ssl-name`]: `${service}.${namespace.name}.svc`,
        [`${nginx}/proxy-ssl-server-name`]: "on",
        // Uploads of artifacts and objects have no bound of their own.
        [`${nginx}/proxy-body-size`]: "0",
    };
}
