import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { imageRef } from "../../config/images";
import { PlatformConfig } from "../../config/schema";
import { SparkConfig } from "../../config/systems/spark";
import { charts } from "../../config/versions";
import { NamespaceRef, ObjectStore, SparkRuntime } from "../contracts";
import { Crds } from "../crds";
import { labels } from "../labels";
import { restrictedNamespace } from "../namespace";
import { apiServerEgress } from "../network";
import { release } from "../release";
import { shortLived } from "./conf";
import { account, driverRules, serviceAccount } from "./runtime";
import { webhookCheck } from "./webhook-check";

export interface SparkOperatorArgs extends SparkConfig {
    /** The chart: a directory of the project, an `oci://` address, or the `https://` address of a repository. */
    chart: string;
    /** Its custom resource definitions. */
    crds: Crds;
    images: PlatformConfig["images"];
    /** Namespace that jobs run in; must allow `restricted` pods. */
    jobs: NamespaceRef;
    /** Has a bucket `spark-events`, where jobs write their event logs. */
    store: ObjectStore;
    /** Version of the Pod Security Standard `restricted` that the operator's namespace enforces, e.g. `v1.34`. */
    podSecurityVersion: string;
}

/** Release and namespace have the name that the operator's own documentation expects. */
const releaseName = "spark-operator";

/** The webhook's port in its pod. */
const webhookPort = 9443;

/**
 * The Spark operator, and the namespace of the jobs made ready for them.
 *
 * Ready means that its webhook works: a check has tried it.
 */
export class SparkOperator extends pulumi.ComponentResource implements SparkRuntime {
    readonly namespace: NamespaceRef;
    readonly serviceAccount = serviceAccount;
    readonly image: string;
    readonly pullPolicy: string;
    readonly eventLog: string;
    readonly ready: pulumi.Resource;
    /** Namespace that the operator itself lives in. */
    readonly operatorNamespace: NamespaceRef;

    constructor(name: string, args: SparkOperatorArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:spark:SparkOperator", name, {}, opts);
        const child = { parent: this };
        const own = restrictedNamespace(
            releaseName,
            { system: "spark-operator", podSecurityVersion: args.podSecurityVersion },
            child,
        );
        this.operatorNamespace = own;
        const policies = Object.entries(openings).map(
            ([policy, spec]) =>
                new k8s.networking.v1.NetworkPolicy(
                    `${releaseName}-${policy}`,
                    {
                        metadata: {
                            name: policy,
                            namespace: own.ready,
                            labels: labels({ name: policy, component: "spark-operator" }),
                        },
                        spec,
                    },
                    child,
                ),
        );
        const drivers = account(serviceAccount, args.jobs, driverRules, child);

        const chartValues = values(args);
        const installed = release(
            releaseName,
            {
                chart: args.chart,
                version: charts.sparkOperator,
                namespace: own.ready,
                values: chartValues,
                skipCrds: true,
            },
            {
                ...child,
                dependsOn: args.crds.definitions.apply((definitions) => [...definitions, ...policies, ...drivers]),
            },
        );

        this.namespace = args.jobs;
        this.image = imageRef("spark", args.images.registry);
        this.pullPolicy = args.images.pullPolicy;
        this.eventLog = `s3a://${args.store.bucket("spark-events")}/`;
        this.ready = webhookCheck(
            `${releaseName}-webhook-check`,
            {
                namespace: args.jobs,
                image: this.image,
                pullPolicy: this.pullPolicy,
                installed: [args.chart, charts.sparkOperator, chartValues],
            },
            { ...child, dependsOn: [installed] },
        );
        this.registerOutputs({ eventLog: this.eventLog });
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

/** Chart values, pure, so that a test can read them. */
export function values({
    operator,
    images,
    jobs,
}: Pick<SparkOperatorArgs, "operator" | "images" | "jobs">): Record<string, unknown> {
    return {
        ...(operator.imageRegistry ? { image: image(operator.imageRegistry, images.pullPolicy) } : {}),
        controller: {
            // Each submission is a Java machine of its own inside the controller's limit.
            workers: 2,
            resources: operator.resources,
            env: Object.entries(submission).map(([name, value]) => ({ name, value })),
            // Jobs have no pages while they run; the history server shows their event logs.
            uiService: { enable: false },
        },
        webhook: {
            enable: true,
            // A job that it can't look at is refused; the other choice would run it without what the webhook adds.
            failurePolicy: "Fail",
            port: webhookPort,
            timeoutSeconds: 10,
            resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
        },
        spark: {
            jobNamespaces: [jobs.name],
            // Ours may do less than the chart's.
            serviceAccount: { create: false, name: serviceAccount },
            rbac: { create: false },
        },
        // Nothing collects them yet, and their port speaks plain HTTP.
        prometheus: { metrics: { enable: false } },
    };
}

/** A submission is a Java machine that lives for seconds: compiling less halves what it takes. */
const submission = { SPARK_LAUNCHER_OPTS: shortLived, SPARK_SUBMIT_OPTS: shortLived };

/** The operator's image in a registry of one's own; its tag is the chart's. */
function image(registry: string, pullPolicy: string) {
    const [host = registry, ...path] = registry.split("/");
    return { registry: host, repository: [...path, releaseName].join("/"), pullPolicy };
}
