import * as pulumi from "@pulumi/pulumi";

import { goDuration } from "../config/canonical";
import { CertificatesConfig } from "../config/sections/certificates";
import { certManagerGroup, certManagerObject, privateKey } from "./cert-manager-object";
import { Authority, CertificateRef, CertificateRequest, Issuer, NamespaceRef, TrustBundle } from "./contracts";

export interface CertificateAuthorityArgs extends Pick<CertificatesConfig, "duration" | "renewBefore"> {
    /** Issuer that signs. */
    issuer: Issuer;
}

/** The Secret in a consumer's namespace that names the CA, and the certificate that it belongs to. */
const trustName = "platform-ca";

/** The certificates of a stack, and the trust in who has signed them. */
export class CertificateAuthority extends pulumi.ComponentResource implements Authority {
    private readonly certificates = new Map<string, CertificateRef>();
    private readonly bundles = new Map<string, TrustBundle>();

    constructor(
        name: string,
        private readonly args: CertificateAuthorityArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("data-platform:certificates:CertificateAuthority", name, {}, opts);
        this.registerOutputs({});
    }

    certificate(name: string, request: CertificateRequest): CertificateRef {
        const { namespace, service, dnsNames = [], secretLabels } = request;
        return remembered(this.certificates, `${name}.${namespace.name}`, (key) => {
            const secretName = `${name}-tls`;
            const ready = this.issue(key, secretName, namespace, {
                usages: ["digital signature", "key encipherment", "server auth"],
                dnsNames: [...serviceNames(service, namespace.name), ...dnsNames],
                // Probes and tools inside the pod.
                ipAddresses: ["127.0.0.1"],
                ...(secretLabels ? { secretTemplate: { labels: secretLabels } } : {}),
            });
            return { secretName, ready };
        });
    }

    /**
     * By a certificate of its own, good for nothing: with its key comes the CA's certificate, kept up to date by
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
                    duration: goDuration(duration),
                    renewBefore: goDuration(renewBefore),
                    issuerRef: { group: certManagerGroup, kind: "ClusterIssuer", name: this.args.issuer.name },
                },
            },
            { parent: this, dependsOn: this.args.issuer.ready },
        );
    }
}

/** The names by which a Service is called inside the cluster. */
export function serviceNames(service: string, namespace: string): string[] {
    const inNamespace = `${service}.${namespace}`;
    return [`${inNamespace}.svc`, `${inNamespace}.svc.cluster.local`, inNamespace, service, "localhost"];
}

function remembered<T>(known: Map<string, T>, key: string, make: (key: string) => T): T {
    const found = known.get(key) ?? make(key);
    known.set(key, found);
    return found;
}
