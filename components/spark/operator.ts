import * as pulumi from "@pulumi/pulumi";

import { PlatformConfig } from "../../config/schema";
import { operatorResources } from "../../config/sizing/operators";
import { SparkConfig } from "../../config/sections/spark";
import { charts } from "../../config/versions";
import { imagePullSecrets } from "../cluster-settings";
import { NamespaceRef } from "../contracts";
import { registryPath } from "../image-value";
import { allowWebhook, OperatorArgs, OperatorComponent } from "../operators/operator";
import { nodesApart, placementValues, spread } from "../placement";
import { withoutIds } from "../restricted";
import { shortLived } from "./conf";

export interface SparkOperatorArgs extends OperatorArgs, Pick<SparkConfig, "operator"> {
    images: Pick<PlatformConfig["images"], "pullPolicy">;
    /** Namespaces whose jobs it starts. @default those of all namespaces */
    watch?: NamespaceRef[];
    /** Pods of the admission webhook; while none answers, no pod of a Spark job starts. @default 1 */
    webhookReplicas?: number;
}

/** Release and namespace have the name that the operator's own documentation expects. */
const releaseName = "spark-operator";

/** The webhook's port in its pod. */
const webhookPort = 9443;

/** Labels of the webhook's pods. */
const webhookLabels = { "app.kubernetes.io/instance": releaseName, "app.kubernetes.io/component": "webhook" };

/** The Spark operator, once a cluster. Whether its webhook works is found out where jobs run, by `SparkJobs`. */
export class SparkOperator extends OperatorComponent {
    constructor(name: string, args: SparkOperatorArgs, opts?: pulumi.ComponentResourceOptions) {
        super(
            "data-platform:spark:SparkOperator",
            name,
            {
                release: releaseName,
                version: charts.sparkOperator,
                namespace: releaseName,
                allowPolicies: { webhook: allowWebhook(webhookLabels, webhookPort) },
                values: values(args),
                // The chart makes Roles in the namespaces that it watches.
                targetNamespaces: args.watch,
            },
            args,
            opts,
        );
    }
}

type ValuesArgs = Pick<SparkOperatorArgs, "operator" | "images" | "watch" | "webhookReplicas" | "placement" | "mirror">;

/** Chart values, pure, so that a test can read them. */
export function values(args: ValuesArgs): Record<string, unknown> {
    const { operator, images, watch, placement, mirror, webhookReplicas = 1 } = args;
    const repository = operator.imageRegistry
        ? `${operator.imageRegistry}/${releaseName}`
        : mirror && `${mirror}/kubeflow/spark-operator/controller`;
    return {
        ...image(repository, images.pullPolicy),
        controller: {
            // Each submission is a Java machine of its own inside the controller's limit.
            workers: 2,
            resources: operator.resources,
            env: Object.entries(submission).map(([name, value]) => ({ name, value })),
            ...podContext(),
            // Jobs have no pages while they run; the history server shows their event logs.
            uiService: { enable: false },
            ...placementValues(placement),
        },
        webhook: {
            enable: true,
            // A job that it can't look at is refused; the other choice would run it without what the webhook adds.
            failurePolicy: "Fail",
            port: webhookPort,
            timeoutSeconds: 10,
            ...podContext(),
            resources: operatorResources.sparkWebhook,
            ...placementValues(placement),
            ...(webhookReplicas > 1 ? several(webhookReplicas) : {}),
        },
        spark: {
            // An empty name stands for all of them.
            jobNamespaces: watch?.map(({ name }) => name) ?? [""],
            // Each job has an account of its own, which may do less than the chart's.
            serviceAccount: { create: false },
            rbac: { create: false },
        },
        // Nothing collects them yet, and their port speaks plain HTTP.
        prometheus: { metrics: { enable: false } },
    };
}

/** Upstream's pods have the image's group. */
function podContext() {
    const podSecurityContext = withoutIds("fsGroup");
    return Object.keys(podSecurityContext).length > 0 ? { podSecurityContext } : {};
}

/** Pods of the webhook apart from each other, of which a drain takes one at a time. The chart adds the labels to select by. */
const several = (replicas: number) => ({
    replicas,
    podDisruptionBudget: { enable: true, minAvailable: replicas - 1 },
    affinity: { podAntiAffinity: nodesApart(webhookLabels, "preferred") },
    topologySpreadConstraints: spread({}).map(({ maxSkew, topologyKey, whenUnsatisfiable }) => ({
        maxSkew,
        topologyKey,
        whenUnsatisfiable,
    })),
});

/** A submission is a Java machine that lives for seconds: compiling less halves what it takes. */
const submission = { SPARK_LAUNCHER_OPTS: shortLived, SPARK_SUBMIT_OPTS: shortLived };

/** The operator's image from elsewhere; its tag is the chart's. */
function image(repository: string | undefined, pullPolicy: string) {
    const { imagePullSecrets: pullSecrets } = imagePullSecrets();
    const own = {
        ...(repository ? { ...registryPath(repository), pullPolicy } : {}),
        ...(pullSecrets ? { pullSecrets } : {}),
    };
    return Object.keys(own).length > 0 ? { image: own } : {};
}
