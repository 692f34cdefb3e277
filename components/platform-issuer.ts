import * as pulumi from "@pulumi/pulumi";

import { authorityRenewedBefore } from "../config/sections/certificates";
import { CertManager } from "./cert-manager";
import { certManagerGroup as group, certManagerObject, privateKey } from "./cert-manager-object";
import { Issuer } from "./contracts";

export interface PlatformIssuerArgs {
    /** Operator that issues the certificates. */
    certManager: CertManager;
}

/**
 * A CA of the platform's own: a root that signs itself, made and kept by cert-manager inside the cluster. No private key
 * passes through the program or its state.
 */
export class PlatformIssuer extends pulumi.ComponentResource implements Issuer {
    readonly name: string;
    readonly ready: pulumi.Resource[];

    constructor(name: string, { certManager }: PlatformIssuerArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:certificates:PlatformIssuer", name, {}, opts);
        const child = { parent: this };
        // Issuers belong to the whole cluster, so their names carry the stack's.
        const [root, ca] = [`${pulumi.getStack()}-self-signed`, `${pulumi.getStack()}-platform-ca`];

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
                    duration: "87600h0m0s",
                    renewBefore: authorityRenewedBefore,
                    issuerRef: { group, kind: "ClusterIssuer", name: root },
                },
            },
            { ...child, dependsOn: [selfSigned] },
        );
        const issuer = certManagerObject(
            "ClusterIssuer",
            ca,
            { metadata: { name: ca }, spec: { ca: { secretName: ca } } },
            { ...child, dependsOn: [certificate] },
        );
        this.name = ca;
        this.ready = [issuer];
        this.registerOutputs({});
    }
}
