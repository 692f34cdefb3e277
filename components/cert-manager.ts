import * as k8s from "@pulumi/kubernetes";
import { CertManager as Chart, CertManagerArgs as ChartArgs } from "@pulumi/kubernetes-cert-manager";
import * as pulumi from "@pulumi/pulumi";

import { PlatformConfig } from "../config/schema";
import { operatorResources } from "../config/sizing/operators";
import { charts } from "../config/versions";
import { imagePullSecrets } from "./cluster-settings";
import { NamespaceRef } from "./contracts";
import { labels } from "./labels";
import { PolicySpec, toAddresses } from "./network";
import { OperatorArgs, operatorShell, allowWebhook } from "./operators/operator";
import { nodesApart, placedByAffinity } from "./placement";
import { releaseSettings } from "./release";
import { restrictedContainer } from "./restricted";

export interface CertManagerArgs extends OperatorArgs {
    /** Registry of its images. @default upstream's registry, or the mirror */
    imageRegistry?: string;
    /**
     * Issuers are asked for certificates over HTTPS, and prove that a host is ours over HTTP, which cert-manager tries by itself first
     * (ACME, HTTP-01): addresses of the hosts, or any. @default neither
     */
    acme?: { cidrs?: string[] };
    /** Pull policy for images out of `imageRegistry`. */
    pullPolicy: PlatformConfig["images"]["pullPolicy"];
    /** Pods of the admission webhook; while none answers, no certificate can be made or changed. @default 1 */
    webhookReplicas?: number;
}

/** Release, Services and namespace have the name that cert-manager's own documentation and tools expect. */
const releaseName = "cert-manager";

/** The webhook's port in its pod. */
const webhookPort = 10250;

/**
 * cert-manager, which issues and renews certificates.
 *
 * Wraps Pulumi's package so that it can be exchanged for a plain Release in this one file. Ready means that its webhook
 * answers: a job of the chart has tried it.
 */
export class CertManager extends pulumi.ComponentResource {
    readonly namespace: NamespaceRef;
    /** Resource to depend on before making an issuer or a certificate. */
    readonly ready: pulumi.Resource;

    constructor(name: string, args: CertManagerArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:certificates:CertManager", name, {}, opts);
        const child = { parent: this };
        const openings = { webhook, ...(args.acme ? { acme: acmeRules(args.acme) } : {}) };
        const { namespace, dependsOn } = operatorShell(
            { namespace: releaseName, system: "certificates", allowPolicies: openings },
            args,
            child,
        );
        this.namespace = namespace;
        this.ready = new Chart(name, chartArgs(this.namespace, args), { ...child, dependsOn });
        if ((args.webhookReplicas ?? 1) > 1) {
            // The chart's own can't be switched on: Pulumi's package wipes what it has no argument for from `webhook`.
            const budget = `${releaseName}-webhook`;
            new k8s.policy.v1.PodDisruptionBudget(
                budget,
                {
                    metadata: {
                        name: budget,
                        namespace: this.namespace.ready,
                        labels: labels({ name: budget, component: "certificates" }),
                    },
                    spec: { maxUnavailable: 1, selector: { matchLabels: podsOf("webhook") } },
                },
                child,
            );
        }
        this.registerOutputs({});
    }
}

/** Labels of one part's pods. */
const podsOf = (component: string) => ({
    "app.kubernetes.io/instance": releaseName,
    "app.kubernetes.io/component": component,
});

/** Policy that lets the API server in to the webhook. */
const webhook = allowWebhook(podsOf("webhook"), webhookPort);

/** To the hosts, as the world sees them, and to the issuer, which has whatever address it has. */
function acmeRules({ cidrs }: NonNullable<CertManagerArgs["acme"]>): PolicySpec {
    return {
        podSelector: { matchLabels: podsOf("controller") },
        policyTypes: ["Egress"],
        egress: [toAddresses(cidrs, [80]), toAddresses(undefined, [443])],
    };
}

/**
 * Arguments of Pulumi's package, pure, so that a test can read them. What has a typed argument must be given by it: the package
 * wipes such keys from `helmOptions.values`. What is in `helmOptions` has to be plain.
 */
export function chartArgs(
    namespace: NamespaceRef,
    args: Omit<CertManagerArgs, "crds" | "podSecurityVersion" | "quota" | "network">,
): ChartArgs {
    const { chart, repositoryOpts, version, settings } = releaseSettings({ ...args, version: charts.certManager });
    const { priorityClassName } = args.placement;
    const { webhookReplicas = 1 } = args;
    // By affinity: the package has a wrong type for `nodeSelector`, which would lose its labels on the way.
    const nodes = placedByAffinity(args.placement);
    const containerSecurityContext = restrictedContainer();
    return {
        ...image("controller", args),
        resources: operatorResources.certManager.controller,
        containerSecurityContext,
        ...nodes,
        // Secrets of certificates go with them: a later stack's CA is another one, and cert-manager would not notice
        // that a certificate which is there already was signed by the old one.
        extraArgs: ["--enable-certificate-owner-ref=true"],
        // Its leases would stay in kube-system after an uninstall, and the next start would wait for them to run out.
        global: { leaderElection: { namespace: releaseName }, priorityClassName, ...imagePullSecrets() },
        prometheus: { enabled: false },
        webhook: {
            ...image("webhook", args),
            resources: operatorResources.certManager.webhook,
            containerSecurityContext,
            ...placedByAffinity(
                args.placement,
                webhookReplicas > 1 ? nodesApart(podsOf("webhook"), "preferred") : undefined,
            ),
            ...(webhookReplicas > 1 ? { replicaCount: webhookReplicas } : {}),
            securePort: webhookPort,
        },
        cainjector: {
            ...image("cainjector", args),
            resources: operatorResources.certManager.cainjector,
            containerSecurityContext,
            ...nodes,
        },
        startupapicheck: {
            ...image("startupapicheck", args),
            resources: operatorResources.certManager.startupapicheck,
            ...nodes,
        },
        helmOptions: {
            name: releaseName,
            namespace: namespace.ready,
            // Left out, the package would look for a directory or an oci:// address in upstream's repository.
            ...(repositoryOpts ? { repositoryOpts } : { chart, repositoryOpts: { repo: "" } }),
            // Without a version the package takes the latest.
            ...(version ? { version } : {}),
            values: acmeSolver(args),
            ...settings,
        },
    };
}

/** Programs by their part of the chart; the tag is the chart's own. */
const programs = {
    controller: "cert-manager-controller",
    webhook: "cert-manager-webhook",
    cainjector: "cert-manager-cainjector",
    startupapicheck: "cert-manager-startupapicheck",
};

function image(
    part: keyof typeof programs,
    { imageRegistry, mirror, pullPolicy }: Pick<CertManagerArgs, "imageRegistry" | "mirror" | "pullPolicy">,
) {
    const registry = imageRegistry ?? (mirror && `${mirror}/jetstack`);
    return registry ? { image: { repository: `${registry}/${programs[part]}`, pullPolicy } } : {};
}

/** The pods that answer for a host are the controller's own, out of an image that the package has no argument for. */
function acmeSolver({ imageRegistry, mirror, acme }: Pick<CertManagerArgs, "imageRegistry" | "mirror" | "acme">) {
    const registry = (acme && imageRegistry) || (!imageRegistry && mirror && `${mirror}/jetstack`);
    return registry ? { acmesolver: { image: { repository: `${registry}/cert-manager-acmesolver` } } } : {};
}
