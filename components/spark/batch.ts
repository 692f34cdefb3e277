import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { account } from "../account";
import { accepted, componentName, placed } from "../declarations";
import { accountOf, bind } from "../etl/bindings";
import { egressReasons } from "../etl/egress";
import { ownSecrets } from "../etl/own-secrets";
import { labels } from "../labels";
import { networkPolicy } from "../network";
import { passwordSecret } from "../secrets";
import { application } from "./application";
import { SparkBatchArgs } from "./args";
import { batchDeclaration } from "./declaration";
import { etlArgs, jobPolicies } from "./pods";
import { driverRules } from "./runtime";

const apiVersion = "sparkoperator.k8s.io/v1beta2";

/** Template of the runs that a DAG starts. */
export interface SparkTask {
    name: string;
    /** The manifest of a SparkApplication; there may be outputs in it. */
    manifest: Record<string, unknown>;
    /** Resources to depend on before starting a run. */
    ready: pulumi.Resource[];
}

/**
 * A batch job on Spark, run by the operator: once for each version of itself, by a schedule, or by a DAG.
 *
 * Its pods are `restricted`, run as an account of their own, know each other by a secret of their own, talk to each other encrypted, and reach what the handles
 * open and nothing else. Credentials come from Secrets; the manifest names them only.
 */
export class SparkBatch extends pulumi.ComponentResource {
    /** For a DAG, with mode `template`. */
    readonly task: SparkTask;

    constructor(name: string, args: SparkBatchArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:spark:SparkBatch", componentName(name), {}, opts);
        if (!accepted(batchDeclaration(name, args), placed(opts))) {
            this.task = { name, manifest: {}, ready: [] };
            return;
        }
        const child = { parent: this };
        const { namespace } = args.runtime;

        // Nobody needs to know it or to replace it by hand: it joins pods that live for minutes.
        const auth = passwordSecret(
            `${name}-spark-auth`,
            {
                namespace,
                component: "spark",
                plain: {},
                passwords: { secret: undefined },
                rotation: 1,
                secretVersion: "1",
            },
            child,
        );
        const etl = etlArgs(args);
        const bindings = bind(name, etl);
        const policies = Object.entries(jobPolicies(name, etl, bindings, args.runtime.network)).flatMap(
            ([policy, spec]) =>
                networkPolicy(
                    policy,
                    {
                        metadata: {
                            name: policy,
                            namespace: namespace.ready,
                            labels: labels({ name, component: "spark" }),
                            ...(policy === name ? egressReasons(etl) : {}),
                        },
                        spec,
                    },
                    child,
                ),
        );
        const driver = account(
            name,
            namespace,
            { component: "spark", rules: driverRules, identity: accountOf(etl) },
            child,
        );
        const { rules, ready } = args.runtime;
        const secrets = ownSecrets(args).flatMap((secret) => secret.in(namespace).ready);
        const dependsOn = [
            ...[ready, auth.resource, ...secrets],
            ...[...driver, ...policies, ...bindings.dependsOn, ...rules.ready],
        ];

        const spec = application(name, args, { etl, auth });
        const metadata = { name, namespace: namespace.name, labels: labels({ name, component: "spark" }) };
        this.task = { name, manifest: { apiVersion, kind: "SparkApplication", metadata, spec }, ready: dependsOn };
        rules.sparkJob(this.task.manifest);
        if (args.mode !== "template") {
            new k8s.apiextensions.CustomResource(
                name,
                {
                    apiVersion,
                    ...(args.schedule
                        ? { kind: "ScheduledSparkApplication", spec: scheduled(args, spec) }
                        : { kind: "SparkApplication", spec }),
                    metadata: { ...metadata, namespace: namespace.ready },
                },
                { ...child, dependsOn },
            );
        }
        this.registerOutputs({ manifest: this.task.manifest });
    }
}

function scheduled(
    { schedule, timeZone = "Etc/UTC", concurrencyPolicy = "Forbid" }: SparkBatchArgs,
    template: unknown,
) {
    return {
        schedule,
        timeZone,
        concurrencyPolicy,
        successfulRunHistoryLimit: 3,
        failedRunHistoryLimit: 3,
        template,
    };
}
