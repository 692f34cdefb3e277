import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { imageRef } from "../../config/images";
import { PlatformConfig } from "../../config/schema";
import { charts } from "../../config/versions";
import { LaunchRules, NamespaceRef, ObjectStore, OperatorRef, SparkRuntime } from "../contracts";
import { apiJob } from "../api-job";
import { Network } from "../network";
import { Placement } from "../placement";

/** Name of the check of the operator's webhook, and of the check's account. */
export const webhookCheckName = "spark-operator-webhook-check";

export interface SparkJobsArgs {
    operator: Pick<OperatorRef, "ready">;
    /** Fingerprint of the operator's installation: after a change its webhook is tried again. */
    installed: unknown;
    images: PlatformConfig["images"];
    /** Namespace that jobs run in; must allow `restricted` pods. */
    namespace: NamespaceRef;
    /** Rules for drivers, and for tasks that run jobs. */
    rules: LaunchRules;
    /** Has a bucket `spark-events`, where jobs write their event logs. */
    store: ObjectStore;
    /** Nodes and priority of the check's pod. */
    placement: Placement;
    /** Policy rules for the API server. */
    network: Network;
}

/**
 * The namespace of Spark jobs made ready for them, which means that the operator's webhook works here: a check has tried it. Each
 * job brings its own account.
 */
export class SparkJobs extends pulumi.ComponentResource implements SparkRuntime {
    readonly namespace: NamespaceRef;
    readonly rules: LaunchRules;
    readonly image: string;
    readonly pullPolicy: string;
    readonly eventLog: string;
    readonly network: Network;
    readonly ready: pulumi.Resource;

    constructor(name: string, args: SparkJobsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:spark:SparkJobs", name, {}, opts);
        const child = { parent: this };

        this.namespace = args.namespace;
        this.rules = args.rules;
        this.image = imageRef("spark", args.images);
        this.pullPolicy = args.images.pullPolicy;
        this.eventLog = `s3a://${args.store.bucket("spark-events")}/`;
        this.network = args.network;
        // Without the webhook jobs would run without what it adds to their pods, or not at all, and nobody would be told why.
        this.ready = apiJob(
            webhookCheckName,
            {
                namespace: args.namespace,
                component: "spark",
                image: this.image,
                pullPolicy: this.pullPolicy,
                placement: args.placement,
                network: args.network,
                program: join(__dirname, "webhook_check.py"),
                env: { CHECK_NAMESPACE: args.namespace.name },
                rules: [{ apiGroups: ["sparkoperator.k8s.io"], resources: ["sparkapplications"], verbs: ["create"] }],
                triggers: [charts.sparkOperator, args.installed],
            },
            { ...child, dependsOn: args.operator.ready },
        );
        this.registerOutputs({ eventLog: this.eventLog });
    }
}
