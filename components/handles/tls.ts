import * as pulumi from "@pulumi/pulumi";

import { NamespaceRef } from "./peer";

/** A Secret in one namespace whose key `ca.crt` names the CA to trust. Only that key is ever mounted. */
export interface TrustBundle {
    secretName: string;
    /** Resource to depend on before a pod mounts it. */
    ready: pulumi.Resource;
}

/** A server's certificate: a Secret with the keys `tls.crt`, `tls.key` and `ca.crt`, renewed in place. */
export interface CertificateRef {
    secretName: string;
    ready: pulumi.Resource;
}

/** Request for a certificate. */
export interface CertificateRequest {
    namespace: NamespaceRef;
    /** The Service that answers by it; its names inside the cluster are covered, and localhost. */
    service: string;
    /** Further DNS names, wildcards allowed. @default none */
    dnsNames?: string[];
    /** Labels of the Secret. @default none */
    secretLabels?: Record<string, string>;
}

/** CA of the platform's certificates. Implementations: cert-manager with a CA of the platform's own. */
export interface Authority {
    /** The certificate of one server, in the Secret `<name>-tls`. */
    certificate(name: string, request: CertificateRequest): CertificateRef;
    /** Bundle by which a client in a namespace verifies those certificates; the same one each time. */
    trust(namespace: NamespaceRef): TrustBundle;
}

/** Issuer of certificates, as cert-manager's objects name it: always a ClusterIssuer. */
export interface Issuer {
    name: pulumi.Input<string>;
    /** Resources to depend on before requesting a certificate. */
    ready: pulumi.Resource[];
}

/** Has a certificate of the platform's CA, or of a public one. */
export interface TlsServer {
    /** Bundle by which a client in a namespace verifies it. None: a public CA, which images know. */
    trust(namespace: NamespaceRef): TrustBundle | undefined;
}

/** Mount path of the CA certificate in every pod of ours. */
export const caFile = "/etc/data-platform/ca/ca.crt";

/** Mount path of its certificate in every server of ours. */
export const tlsDir = "/etc/data-platform/tls";
