import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { imageRef } from "../../config/images";
import { PlatformConfig } from "../../config/schema";
import { apiJob, ApiJobArgs } from "../api-job";
import { Issuer, TrustBundle } from "../contracts";

/** Kind and name of the object by which others verify the platform's pages, and the key that they look for. */
export interface CaBundle {
    kind: "ConfigMap" | "Secret";
    name: string;
    key: string;
}

export const caBundles = {
    /** As the Gateway API wants it. */
    gateway: { kind: "ConfigMap", name: "platform-ca", key: "ca.crt" },
    /** As HAProxy's controller and OpenShift's router want it: the CA where a Secret usually has a certificate of its own. */
    secret: { kind: "Secret", name: "platform-ca-bundle", key: "tls.crt" },
} as const satisfies Record<string, CaBundle>;

export interface CaBundleArgs extends Pick<ApiJobArgs, "namespace" | "placement" | "network"> {
    images: PlatformConfig["images"];
    trust: TrustBundle;
    /** Who has signed: another one is another CA. */
    issuer: Issuer;
}

/**
 * Copies the CA's certificate to where others look for it, in its namespace. Cert-manager writes Secrets only, which have the CA beside a
 * certificate of their own, and a program that read it would have it read back from the cluster at each update; so a job does.
 */
export function caBundle(
    name: string,
    bundle: CaBundle,
    { namespace, placement, network, images, trust, issuer }: CaBundleArgs,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
    const resources = [`${bundle.kind.toLowerCase()}s`];
    return apiJob(
        name,
        {
            namespace,
            placement,
            network,
            component: "ingress",
            // Of ours with Python, the one that changes least.
            image: imageRef("mlflow", images),
            pullPolicy: images.pullPolicy,
            program: join(__dirname, "ca_bundle.py"),
            trust,
            env: {
                BUNDLE_NAMESPACE: namespace.name,
                BUNDLE_KIND: bundle.kind,
                BUNDLE_NAME: bundle.name,
                BUNDLE_KEY: bundle.key,
            },
            rules: [
                // Nothing is known yet of what is to be made, so that it can't be told by name.
                { apiGroups: [""], resources, verbs: ["create"] },
                { apiGroups: [""], resources, resourceNames: [bundle.name], verbs: ["patch"] },
            ],
            ...(typeof issuer.name === "string" ? { triggers: issuer.name } : {}),
        },
        opts,
    );
}
