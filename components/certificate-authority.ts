import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { authorityRenewedBefore, CertificatesConfig } from "../config/systems/certificates";
import { CertManager } from "./cert-manager";
import { Authority, CertificateRef, CertificateRequest, NamespaceRef, TrustBundle } from "./contracts";
import { labels } from "./labels";

export interface CertificateAuthorityArgs extends Pick<CertificatesConfig, "duration" | "renewBefore"> {
    /** Who issues the certificates. */
    certManager: CertManager;
}

/** The Secret in a consumer's namespace that names the authority, and the certificate that it belongs to. */
const trustName = "platform-ca";

/** P-256 is as strong as RSA 3072 at a fraction of the work; PKCS#8 is the form that Java reads too. */
const privateKey = { algorithm: "ECDSA", size: 256, encoding: "PKCS8", rotationPolicy: "Always" };

/**
 * An authority of the platform's own: a root that signs itself, made and kept by cert-manager inside the cluster. No private key
 * passes through the program or its state.
 */
export class CertificateAuthority extends pulumi.ComponentResource implements Authority {
    private readonly issuer: k8s.apiextensions.CustomResource;
    private readonly issuerName: string;
    private readonly certificates = new Map<string, CertificateRef>();
    private readonly bundles = new Map<string, TrustBundle>();

    constructor(
        name: string,
        private readonly args: CertificateAuthorityArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("data-platform:certificates:CertificateAuthority", name, {}, opts);
        const { certManager } = args;
        const child = { parent: this };
        // Issuers belong to the whole cluster, so their names carry the stack's.
        const [root, ca] = [`${pulumi.getStack()}-self-signed`, `${pulumi.getStack()}-${trustName}`];
        this.issuerName = ca;

        const selfSigned = certManagerObject(
            "ClusterIssuer",
            root,
            { metadata: { name: root }, spec: { selfSigned: {} } },
            { ...child, dependsOn: [certManager.ready] },
        );
        const certificate = certManagerObject(
            "Certificate",
            ca,
            {
                metadata: { name: ca, namespace: certManager.namespace.ready },
                spec: {
                    isCA: true,
                    commonName: `${pulumi.getProject()} ${pulumi.getStack()}`.slice(0, 64),
                    secretName: ca,
                    // The key stays when the root is renewed: what it has signed before stays valid.
                    privateKey: { ...privateKey, rotationPolicy: "Never" },
                    duration: "87600h",
                    renewBefore: `${authorityRenewedBefore}h`,
                    issuerRef: { group, kind: "ClusterIssuer", name: root },
                },
            },
            { ...child, dependsOn: [selfSigned] },
        );
        this.issuer = certManagerObject(
            "ClusterIssuer",
            ca,
            { metadata: { name: ca }, spec: { ca: { secretName: ca } } },
            { ...child, dependsOn: [certificate] },
        );
        this.registerOutputs({});
    }

    certificate(name: string, request: CertificateRequest): CertificateRef {
        const { namespace, service, dnsNames = [] } = request;
        return remembered(this.certificates, `${name}.${namespace.name}`, (key) => {
            const secretName = `${name}-tls`;
            const ready = this.issue(key, secretName, namespace, {
                usages: ["digital signature", "key encipherment", "server auth"],
                dnsNames: [...serviceNames(service, namespace.name), ...dnsNames],
                // Probes and tools inside the pod.
                ipAddresses: ["127.0.0.1"],
            });
            return { secretName, ready };
        });
    }

    /**
     * By a certificate of its own, good for nothing: with its key comes the authority's certificate, kept up to date by
     * cert-manager. Copied by the program, it would be read back from the cluster at each update.
     */
    trust(namespace: NamespaceRef): TrustBundle {
        return remembered(this.bundles, `${trustName}.${namespace.name}`, (key) => {
            const ready = this.issue(key, trustName, namespace, {
                usages: ["digital signature"],
                commonName: `trust of ${namespace.name}`.slice(0, 64),
            });
            return { secretName: trustName, ready };
        });
    }

    private issue(key: string, name: string, namespace: NamespaceRef, spec: object): pulumi.Resource {
        const { duration, renewBefore } = this.args;
        return certManagerObject(
            "Certificate",
            key,
            {
                metadata: { name, namespace: namespace.ready },
                spec: {
                    ...spec,
                    secretName: name,
                    privateKey,
                    duration,
                    renewBefore,
                    issuerRef: { group, kind: "ClusterIssuer", name: this.issuerName },
                },
            },
            { parent: this, dependsOn: [this.issuer] },
        );
    }
}

/** The names by which a Service is called inside the cluster. */
export function serviceNames(service: string, namespace: string): string[] {
    const inNamespace = `${service}.${namespace}`;
    return [`${inNamespace}.svc`, `${inNamespace}.svc.cluster.local`, inNamespace, service, "localhost"];
}

const group = "cert-manager.io";

function certManagerObject(
    kind: "Certificate" | "ClusterIssuer",
    key: string,
    { metadata, spec }: { metadata: { name: string; namespace?: pulumi.Input<string> }; spec: object },
    opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
    return new k8s.apiextensions.CustomResource(
        // An issuer and a certificate may have the same name.
        kind === "ClusterIssuer" ? `${key}-issuer` : key,
        {
            apiVersion: `${group}/v1`,
            kind,
            metadata: {
                ...metadata,
                labels: labels({ name: metadata.name, component: "certificates" }),
                // Whoever depends on it finds it issued. Minutes are enough: nothing here waits for anybody outside.
                annotations: { "pulumi.com/waitFor": "condition=Ready", "pulumi.com/timeoutSeconds": "180" },
            },
            spec,
        },
        opts,
    );
}

function remembered<T>(known: Map<string, T>, key: string, make: (key: string) => T): T {
    const found = known.get(key) ?? make(key);
    known.set(key, found);
    return found;
}
