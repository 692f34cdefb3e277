import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { labels } from "./labels";

/** API group of cert-manager's kinds. */
export const certManagerGroup = "cert-manager.io";

/** P-256 is as strong as RSA 3072 at a fraction of the work; PKCS#8 is the form that Java reads too. */
export const privateKey = { algorithm: "ECDSA", size: 256, encoding: "PKCS8", rotationPolicy: "Always" };

/** One of cert-manager's objects; whoever depends on it finds it issued, unless it is not waited for. */
export function certManagerObject(
    kind: "Certificate" | "ClusterIssuer",
    key: string,
    {
        metadata,
        spec,
        wait = true,
    }: {
        metadata: { name: string; namespace?: pulumi.Input<string> };
        spec: object;
        /** @default true */
        wait?: boolean;
    },
    opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
    return new k8s.apiextensions.CustomResource(
        // An issuer and a certificate may have the same name.
        kind === "ClusterIssuer" ? `${key}-issuer` : key,
        {
            apiVersion: `${certManagerGroup}/v1`,
            kind,
            metadata: {
                ...metadata,
                labels: labels({ name: metadata.name, component: "certificates" }),
                // Minutes are enough: nothing here waits for anybody outside.
                annotations: wait
                    ? { "pulumi.com/waitFor": "condition=Ready", "pulumi.com/timeoutSeconds": "180" }
                    : { "pulumi.com/skipAwait": "true" },
            },
            spec,
        },
        opts,
    );
}
