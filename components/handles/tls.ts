import * as pulumi from "@pulumi/pulumi";

import { NamespaceRef } from "./peer";

/** A Secret in one namespace whose key `ca.crt` names the authority to trust. Only that key is ever mounted. */
export interface TrustBundle {
    secretName: string;
    /** What must be there before a pod can mount it. */
    ready: pulumi.Resource;
}

/** A server's certificate: a Secret with the keys `tls.crt`, `tls.key` and `ca.crt`, renewed in place. */
export interface CertificateRef {
    secretName: string;
    ready: pulumi.Resource;
}

/** What a certificate is asked for. */
export interface CertificateRequest {
    namespace: NamespaceRef;
    /** The Service that answers by it; its names inside the cluster are covered, and localhost. */
    service: string;
    /** Further DNS names, wildcards allowed. @default none */
    dnsNames?: string[];
    /** Labels of the Secret. @default none */
    secretLabels?: Record<string, string>;
}

/** Who signs the platform's certificates. Makers: cert-manager with an authority of the platform's own. */
export interface Authority {
    /** The certificate of one server, in the Secret `<name>-tls`. */
    certificate(name: string, request: CertificateRequest): CertificateRef;
    /** What a client in a namespace needs to verify those certificates; the same one each time. */
    trust(namespace: NamespaceRef): TrustBundle;
}

/** Who signs certificates, as cert-manager's objects name it: always a ClusterIssuer. */
export interface Issuer {
    name: pulumi.Input<string>;
    /** What must be there before a certificate is asked for. */
    ready: pulumi.Resource[];
}

/** Has a certificate of the platform's authority, or of a public one. */
export interface Trusted {
    /** What a client in a namespace needs to verify it. None: a public authority, which images know. */
    trust(namespace: NamespaceRef): TrustBundle | undefined;
}

/** Where every pod of ours finds the authority's certificate. */
export const caFile = "/etc/data-platform/ca/ca.crt";

/** Where every server of ours finds its certificate. */
export const tlsDir = "/etc/data-platform/tls";
