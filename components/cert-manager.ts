import * as k8s from "@pulumi/kubernetes";
import { CertManager as Chart, CertManagerArgs as ChartArgs } from "@pulumi/kubernetes-cert-manager";
import * as pulumi from "@pulumi/pulumi";

import { contentHash } from "../config/images";
import { PlatformConfig } from "../config/schema";
import { charts } from "../config/versions";
import { NamespaceRef } from "./contracts";
import { Crds } from "./crds";
import { labels } from "./labels";
import { restrictedNamespace } from "./namespace";
import { apiServerEgress } from "./network";

export interface CertManagerArgs {
    /** The chart: a directory of the project, an `oci://` address, or the `https://` address of a repository. */
    chart: string;
    /** Its custom resource definitions. */
    crds: Crds;
    /** Where its images come from. @default upstream's registry */
    imageRegistry?: string;
    /** When the kubelet pulls images out of `imageRegistry`. */
    pullPolicy: PlatformConfig["images"]["pullPolicy"];
    /** Version of the Pod Security Standard `restricted` that its namespace enforces, e.g. `v1.34`. */
    podSecurityVersion: string;
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
    /** What must be there before an issuer or a certificate can be made. */
    readonly ready: pulumi.Resource;

    constructor(name: string, args: CertManagerArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:certificates:CertManager", name, {}, opts);
        const child = { parent: this };
        this.namespace = restrictedNamespace(
            releaseName,
            { system: "certificates", podSecurityVersion: args.podSecurityVersion },
            child,
        );
        const policies = Object.entries(openings).map(
            ([policy, spec]) =>
                new k8s.networking.v1.NetworkPolicy(
                    `${releaseName}-${policy}`,
                    {
                        metadata: {
                            name: policy,
                            namespace: this.namespace.ready,
                            labels: labels({ name: policy, component: "certificates" }),
                        },
                        spec,
                    },
                    child,
                ),
        );
        const dependsOn = args.crds.definitions.apply((definitions) => [...definitions, ...policies]);
        this.ready = new Chart(name, chartArgs(this.namespace, args), { ...child, dependsOn });
        this.registerOutputs({});
    }
}

/** What the namespace, closed by default, opens: the way to the API server, and from there to the webhook. */
const openings: Record<string, k8s.types.input.networking.v1.NetworkPolicySpec> = {
    "to-api-server": { podSelector: {}, policyTypes: ["Egress"], egress: [apiServerEgress] },
    webhook: {
        podSelector: {
            matchLabels: { "app.kubernetes.io/instance": releaseName, "app.kubernetes.io/component": "webhook" },
        },
        policyTypes: ["Ingress"],
        // The API server is no pod, and its address is the cluster's own affair.
        ingress: [{ ports: [{ protocol: "TCP", port: webhookPort }] }],
    },
};

/**
 * Arguments of Pulumi's package, pure, so that a test can read them. What has a typed argument must be given by it: the package
 * wipes such keys from `helmOptions.values`. What is in `helmOptions` has to be plain.
 */
export function chartArgs(
    namespace: NamespaceRef,
    args: Omit<CertManagerArgs, "crds" | "podSecurityVersion">,
): ChartArgs {
    const { chart } = args;
    const local = chart.startsWith("./");
    const repository = /^https?:/.test(chart);
    return {
        ...image("controller", args),
        resources: resources("64Mi", "256Mi"),
        containerSecurityContext,
        // Secrets of certificates go with them: a later stack's authority is another one, and cert-manager would not notice
        // that a certificate which is there already was signed by the old one.
        extraArgs: ["--enable-certificate-owner-ref=true"],
        // Its leases would stay in kube-system after an uninstall, and the next start would wait for them to run out.
        global: { leaderElection: { namespace: releaseName } },
        prometheus: { enabled: false },
        webhook: {
            ...image("webhook", args),
            resources: resources("32Mi", "128Mi"),
            containerSecurityContext,
            securePort: webhookPort,
        },
        cainjector: { ...image("cainjector", args), resources: resources("64Mi", "512Mi"), containerSecurityContext },
        startupapicheck: { ...image("startupapicheck", args), resources: resources("32Mi", "128Mi") },
        helmOptions: {
            name: releaseName,
            namespace: namespace.ready,
            // Left out, the package would look for a directory or an oci:// address in upstream's repository.
            ...(repository ? { repositoryOpts: { repo: chart } } : { chart, repositoryOpts: { repo: "" } }),
            // Without a version the package takes the latest.
            ...(local ? {} : { version: charts.certManager }),
            // The provider doesn't look into a local chart for changes, only at its version (pulumi-kubernetes#2672).
            ...(local ? { values: { chartHash: contentHash([chart]) } } : {}),
            timeout: 600,
            maxHistory: 5,
            cleanupOnFail: true,
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
    { imageRegistry, pullPolicy }: Pick<CertManagerArgs, "imageRegistry" | "pullPolicy">,
) {
    return imageRegistry ? { image: { repository: `${imageRegistry}/${programs[part]}`, pullPolicy } } : {};
}

function resources(request: string, limit: string): k8s.types.input.core.v1.ResourceRequirements {
    return { requests: { cpu: "10m", memory: request }, limits: { memory: limit } };
}

const containerSecurityContext: k8s.types.input.core.v1.SecurityContext = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    readOnlyRootFilesystem: true,
};
