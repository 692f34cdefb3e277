import * as pulumi from "@pulumi/pulumi";

import { IngressConfig } from "../../config/sections/ingress";
import { Authority, Issuer, NamespaceRef, ObjectStore, Orchestrator, Peer, Tracking } from "../contracts";
import { caBundle, CaBundleArgs, caBundles } from "./ca-bundle";
import { byGateway } from "./gateway";
import { ingressFor, tlsOf } from "./ingresses";
import type { Page } from "./page";
import { allowSolvers, allowVisitors } from "./policies";

type Exposed = "storage" | "tracking" | "orchestration";

export interface IngressesArgs extends Pick<CaBundleArgs, "images" | "placement" | "network"> {
    config: IngressConfig;
    authority: Authority;
    /** Issuer where the config names none, and of the pages' own certificates. */
    platformIssuer: Issuer;
    /** Namespaces of the exposed services. */
    namespaces: Record<Exposed, NamespaceRef>;
    store: ObjectStore;
    tracking: Tracking;
    orchestrator: Orchestrator;
}

/** One exposed service. */
interface ExposedService {
    system: Exposed;
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

/**
 * Access from outside: a host for each system that the config gives one, by an Ingress or by a route of the Gateway API, over TLS on both
 * sides of who passes visitors on, and the one opening in the closed namespace that its pods need.
 */
export class Ingresses extends pulumi.ComponentResource {
    constructor(name: string, args: IngressesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:network:WaysIn", name, {}, opts);
        const { config, platformIssuer } = args;
        const { gateway } = config;
        const pages = pagesOf(name, args);
        for (const page of pages) allowVisitors(page, config, this);
        const bundles = this.bundles(name, pages, args);
        if (gateway) {
            if (pages.length > 0) byGateway(name, pages, gateway, { config, platformIssuer, bundles }, this);
        } else {
            for (const page of pages) {
                const bundle = bundles.get(page.namespace.name);
                ingressFor(page, { config, platformIssuer, after: bundle ? [bundle] : [] }, this);
            }
            // Those of a Gateway's certificates are in its namespace.
            const solved = new Set(config.issuer ? pages.map(({ namespace }) => namespace) : []);
            for (const namespace of solved) allowSolvers(name, namespace, config, this);
        }
        this.registerOutputs({});
    }

    /** Copies of the CA in the form that whoever passes visitors on looks for, by the namespace that they are in. */
    private bundles(name: string, pages: Page[], args: IngressesArgs): Map<string, pulumi.Resource> {
        const { config, placement, network, images, platformIssuer: issuer } = args;
        const made = new Map<string, pulumi.Resource>();
        for (const page of pages) {
            const { namespace, system, trust } = page;
            if (made.has(namespace.name) || !(config.gateway || tlsOf(page, config).bundle)) continue;
            const copy = caBundle(
                `${name}-ca-${system}`,
                config.gateway ? caBundles.gateway : caBundles.secret,
                { namespace, placement, network, images, trust, issuer },
                { parent: this, dependsOn: [trust.ready] },
            );
            made.set(namespace.name, copy);
        }
        return made;
    }
}

/** What has a host, and is in the cluster: nothing outside of it needs a way in of ours. */
function pagesOf(
    prefix: string,
    { config, authority, namespaces, store, tracking, orchestrator }: IngressesArgs,
): Page[] {
    const objectStore: ExposedService = {
        system: "storage",
        url: store.endpoint,
        peer: store.peers[0],
        ready: store.ready,
    };
    const exposed: Record<keyof IngressConfig["hosts"], ExposedService> = {
        orchestrator: { ...orchestrator, system: "orchestration" },
        tracking: { ...tracking, url: tracking.uri, system: "tracking" },
        objectStore,
        console: { ...objectStore, port: consolePort },
    };
    return Object.entries(config.hosts).flatMap(([key, host]) => {
        const { system, url, peer, port, ready } = exposed[key as keyof typeof exposed];
        if (!host || peer.namespace === undefined) return [];
        const namespace = namespaces[system];
        const [service] = new URL(url).hostname.split(".");
        return [
            {
                ...{ name: `${prefix}-${key.toLowerCase()}`, host, system, namespace, service, peer, ready },
                port: port ?? peer.port,
                trust: authority.trust(namespace),
            },
        ];
    });
}
