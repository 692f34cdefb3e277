import * as pulumi from "@pulumi/pulumi";

import { imageRef } from "../../config/images";
import { PlatformConfig } from "../../config/schema";
import { operatorResources } from "../../config/sizing/operators";
import { charts } from "../../config/versions";
import { NamespaceRef } from "../contracts";
import { PolicySpec } from "../network";
import { safeToEvict, placementValues } from "../placement";
import { admissionCheck } from "./admission-check";
import { installOperator, OperatorArgs, allowWebhook } from "./operator";

export interface CloudNativePgOperatorArgs extends OperatorArgs {
    /** Images of ours: that of the ETL programs tries the webhook. */
    images: PlatformConfig["images"];
}

/** Release, namespace and labels have the names that the operator's documentation expects; it looks for itself by them. */
export const cloudNativePgOperator = {
    release: "cloudnative-pg",
    namespace: "cnpg-system",
    podLabels: { "app.kubernetes.io/name": "cloudnative-pg", "app.kubernetes.io/instance": "cloudnative-pg" },
};

/** Port on which an instance answers the operator. */
export const statusPort = 8000;

/** The webhook's port in its pod. */
const webhookPort = 9443;

/**
 * The operator of CloudNativePG, which runs PostgreSQL for every stack of the cluster. One a cluster: its webhooks and its names
 * are the cluster's own.
 *
 * Ready means that its webhook answers: a check has tried it.
 */
export class CloudNativePgOperator extends pulumi.ComponentResource {
    readonly namespace: NamespaceRef;
    /** Resource to depend on before making a Cluster or a Database. */
    readonly ready: pulumi.Resource;

    constructor(name: string, args: CloudNativePgOperatorArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:database:CloudNativePgOperator", name, {}, opts);
        const child = { parent: this };
        const { images, placement, network, chart } = args;
        const chartValues = values(args);
        const { namespace, ready } = installOperator(
            { ...cloudNativePgOperator, version: charts.cloudNativePg, allowPolicies, values: chartValues },
            args,
            child,
        );
        this.namespace = namespace;
        this.ready = admissionCheck(
            `${cloudNativePgOperator.release}-webhook-check`,
            {
                namespace,
                image: imageRef("etl", images),
                pullPolicy: images.pullPolicy,
                placement,
                network,
                installed: [chart, charts.cloudNativePg, chartValues],
            },
            { ...child, dependsOn: [ready] },
        );
        this.registerOutputs({});
    }
}

/** Policies that open the closed namespace, besides the way to the API server. */
const allowPolicies: Record<string, PolicySpec> = {
    webhook: allowWebhook(cloudNativePgOperator.podLabels, webhookPort),
    // By certificates of their own; whether they let it in is said by the policies of the instances' namespace.
    "to-instances": {
        podSelector: { matchLabels: cloudNativePgOperator.podLabels },
        policyTypes: ["Egress"],
        egress: [
            {
                to: [{ namespaceSelector: {}, podSelector: { matchLabels: { "cnpg.io/podRole": "instance" } } }],
                ports: [{ protocol: "TCP", port: statusPort }],
            },
        ],
    },
};

/** Chart values, pure, so that a test can read them. */
export function values({
    images,
    placement,
    mirror,
}: Pick<CloudNativePgOperatorArgs, "images" | "placement" | "mirror">): Record<string, unknown> {
    return {
        image: {
            ...(mirror ? { repository: `${mirror}/cloudnative-pg/cloudnative-pg` } : {}),
            pullPolicy: images.pullPolicy,
        },
        // They are templates of the chart, which skipCrds doesn't leave out.
        crds: { create: false },
        // Stacks come and go: by a list of their namespaces each of them would change the operator of all others.
        config: { clusterWide: true },
        webhook: {
            port: webhookPort,
            // What it can't look at is refused; the other choice would take a Cluster that never starts.
            mutating: { failurePolicy: "Fail" },
            validating: { failurePolicy: "Fail" },
        },
        resources: operatorResources.cloudNativePg,
        ...placementValues(placement),
        podAnnotations: safeToEvict,
    };
}
