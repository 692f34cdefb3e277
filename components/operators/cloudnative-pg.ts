import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { imageRef } from "../../config/images";
import { PlatformConfig } from "../../config/schema";
import { operatorResources } from "../../config/sizing/operators";
import { charts } from "../../config/versions";
import { imagePullSecrets } from "../cluster-settings";
import { apiJob } from "../api-job";
import { PolicySpec } from "../network";
import { safeToEvict, placementValues } from "../placement";
import { withoutIds } from "../restricted";
import { allowWebhook, OperatorArgs, OperatorComponent } from "./operator";

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
export class CloudNativePgOperator extends OperatorComponent {
    constructor(name: string, args: CloudNativePgOperatorArgs, opts?: pulumi.ComponentResourceOptions) {
        const { images, placement, network, chart } = args;
        const chartValues = values(args);
        super(
            "data-platform:database:CloudNativePgOperator",
            name,
            {
                ...cloudNativePgOperator,
                version: charts.cloudNativePg,
                allowPolicies,
                values: chartValues,
                // That it is Ready isn't enough: its pod has put its certificate into the webhook's configuration by then, but the
                // way from the API server to it opens a moment later, and the webhook refuses all that it can't look at. The
                // operator's own tests find it out in the same way, by a dry run.
                check: (namespace, child) =>
                    apiJob(
                        `${cloudNativePgOperator.release}-webhook-check`,
                        {
                            namespace,
                            component: "database",
                            image: imageRef("etl", images),
                            pullPolicy: images.pullPolicy,
                            placement,
                            network,
                            program: join(__dirname, "admission_check.py"),
                            env: { CHECK_NAMESPACE: namespace.name },
                            rules: [{ apiGroups: ["postgresql.cnpg.io"], resources: ["clusters"], verbs: ["create"] }],
                            triggers: [chart, charts.cloudNativePg, chartValues],
                        },
                        child,
                    ),
            },
            args,
            opts,
        );
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

/** Upstream's container has the image's user. */
function containerContext() {
    const containerSecurityContext = withoutIds("runAsUser", "runAsGroup");
    return Object.keys(containerSecurityContext).length > 0 ? { containerSecurityContext } : {};
}

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
        ...containerContext(),
        ...imagePullSecrets(),
        resources: operatorResources.cloudNativePg,
        ...placementValues(placement),
        podAnnotations: safeToEvict,
    };
}
