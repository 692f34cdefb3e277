import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { problemsIn } from "../../config/free-maps";
import { account } from "../account";
import { identityOf, bind } from "../etl/bindings";
import { labels } from "../labels";
import { networkPolicy } from "../network";
import { passwordSecret } from "../secrets";
import { application } from "./application";
import { SparkBatchArgs } from "./args";
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
        super("data-platform:spark:SparkBatch", name, {}, opts);
        const child = { parent: this };
        check(name, args);
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
        const etl = etlArgs(args, auth);
        const bindings = bind(etl);
        const policies = Object.entries(jobPolicies(name, etl, bindings, args.runtime.network)).flatMap(
            ([policy, spec]) =>
                networkPolicy(
                    policy,
                    {
                        metadata: {
                            name: policy,
                            namespace: namespace.ready,
                            labels: labels({ name, component: "spark" }),
                        },
                        spec,
                    },
                    child,
                ),
        );
        const driver = account(
            name,
            namespace,
            { component: "spark", rules: driverRules, identity: identityOf(etl) },
            child,
        );
        const { rules, ready } = args.runtime;
        const dependsOn = [ready, auth.resource, ...driver, ...policies, ...bindings.dependsOn, ...rules.ready];

        const spec = application(name, args, etl);
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

function scheduled({ schedule, timeZone = "Etc/UTC" }: SparkBatchArgs, template: unknown) {
    return {
        schedule,
        timeZone,
        concurrencyPolicy: "Forbid",
        successfulRunHistoryLimit: 3,
        failedRunHistoryLimit: 3,
        template,
    };
}

/** Mistakes that the operator would tell late or not at all. */
function check(name: string, { executor, dynamicAllocation, mode, schedule, conf = {} }: SparkBatchArgs): void {
    const mistake = (when: boolean, what: string) => {
        if (when) throw new pulumi.RunError(`the Spark job "${name}" ${what}`);
    };
    for (const { path, message } of problemsIn(conf))
        mistake(true, `has a setting that can't be: conf["${path.join(".")}"] ${message}`);
    mistake(
        !/^[a-z]([-a-z0-9]{0,40}[a-z0-9])?$/.test(name),
        "needs a name of lower-case letters, digits and dashes, 42 at most",
    );
    mistake(
        executor.instances !== undefined && dynamicAllocation !== undefined,
        "has both executor.instances and dynamicAllocation; leave one out",
    );
    mistake(
        dynamicAllocation !== undefined &&
            (dynamicAllocation.min < 0 || dynamicAllocation.max < Math.max(1, dynamicAllocation.min)),
        "needs 0 <= dynamicAllocation.min <= dynamicAllocation.max, and one executor at least",
    );
    mistake(
        mode === "template" && schedule !== undefined,
        "is a template, so its DAG has the schedule; leave it out here",
    );
}
