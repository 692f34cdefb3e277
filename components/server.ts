import * as pulumi from "@pulumi/pulumi";

import { PlatformConfig } from "../config/schema";
import { clusterValues } from "./cluster-settings";
import { Authority, NamespaceRef, PodPeer, SecretName, SecretRef, TlsServer, TrustBundle } from "./contracts";
import { usesLabel } from "./labels";
import { Placement } from "./placement";
import { release, ReleaseArgs } from "./release";

/** Arguments of every server of the platform. */
export interface ServerArgs {
    /** Namespace that it lives in; must allow `restricted` pods. */
    namespace: NamespaceRef;
    images: PlatformConfig["images"];
    /** Issuer of its certificate. */
    authority: Authority;
    /** Nodes and priority of its pods. */
    placement: Placement;
    /** Passwords of the team's own, by `<section>.<user>`; an object store's access keys by `<section>.<user>.accessKey`. @default generated */
    credentials?: Record<string, string>;
    /** Refuse to delete it. @default false */
    protect?: boolean;
}

/** Secrets of a server's certificate, and of the CA to trust. */
export interface Tls {
    certificate: string;
    authority: string;
}

/** Names that a server's chart values take from its component. */
export interface Made extends Tls {
    admin: SecretName;
    /** By application. */
    users: Record<string, SecretName>;
    secretVersion: pulumi.Input<string>;
}

/** Settings of the Release of a server's first-party chart. */
export interface InstallArgs extends Pick<ReleaseArgs, "chart" | "timeout"> {
    namespace: NamespaceRef;
    /** Names besides the Service's that clients, or the servers among themselves, call it by. @default none */
    dnsNames?: string[];
    /** Secrets and ConfigMaps that its pods read. */
    secrets: SecretRef[];
    /** Further dependencies. @default none */
    after?: pulumi.Resource[];
    values: (tls: Tls) => Record<string, unknown>;
    protect?: boolean;
}

/** A server of the platform, with a certificate of the platform's CA. */
export abstract class Server extends pulumi.ComponentResource implements TlsServer {
    protected constructor(
        type: string,
        private readonly server: string,
        protected readonly authority: Authority,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super(type, server, {}, opts);
    }

    trust(namespace: NamespaceRef): TrustBundle {
        return this.authority.trust(namespace);
    }

    /** The Release of its chart, which waits for its certificate, its Secrets and the trust in who has signed it. */
    protected install({ namespace, dnsNames, secrets, after = [], values, protect, ...chart }: InstallArgs) {
        const name = this.server;
        const certificate = this.authority.certificate(name, { namespace, service: name, dnsNames });
        const trust = this.trust(namespace);
        return release(
            name,
            {
                ...chart,
                namespace: namespace.ready,
                values: {
                    ...values({ certificate: certificate.secretName, authority: trust.secretName }),
                    ...clusterValues(),
                },
            },
            {
                parent: this,
                dependsOn: [...secrets.map(({ resource }) => resource), certificate.ready, trust.ready, ...after],
                protect,
            },
        );
    }

    /** Its pods, which let in those that say that they use it. */
    protected peerOf(namespace: NamespaceRef, podLabels: Record<string, string>, port: number): PodPeer {
        return { namespace: namespace.name, podLabels, port, clientLabels: usesLabel(this.server) };
    }
}
