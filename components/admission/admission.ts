import * as pulumi from "@pulumi/pulumi";

import { LaunchRules, NamespaceRef, PodDeclaration, WorkerDeclaration } from "../contracts";
import { onceEvaluated } from "../once-evaluated";
import { byAccount, isSpark, podFacts, SparkFacts, sparkFacts } from "./facts";
import { otherKindsPolicy } from "./others";
import { podPolicy, PodTables } from "./pods";
import { admissionPolicy } from "./policy";
import { sparkPolicy, SparkTables } from "./spark";

export interface AdmissionArgs {
    /** Namespace of the orchestrator: its accounts are held to the rules, and tasks' own pods are there. */
    orchestration: Pick<NamespaceRef, "name">;
    /** Namespace of the workloads: every account in it is held to the rules. */
    jobs: Pick<NamespaceRef, "name">;
    /** Accounts of the platform's own that make things in the namespace of jobs, and that nobody else can run as. */
    exempt: string[];
}

/** Everything that was declared, as the policies have it. */
interface Tables {
    pods: PodTables;
    spark: SparkTables;
}

/**
 * Holds the pods that code of others starts to what the program declares: DAGs by Airflow's worker, triggerer and scheduler, Spark
 * programs by their driver. Whoever writes a DAG writes its pods' manifests too, and would otherwise run as any account of the
 * namespace, with any Secret and any way through the network.
 *
 * The policies are made from all declarations of one evaluation of the program; what comes later is an error.
 */
export class Admission extends pulumi.ComponentResource implements LaunchRules {
    readonly ready: pulumi.Resource[];
    private readonly tasks: PodDeclaration[] = [];
    private readonly drivers: SparkFacts[] = [];
    private readonly templates: SparkFacts[] = [];
    private readonly workers: WorkerDeclaration[] = [];
    private closed = false;

    constructor(
        name: string,
        private readonly args: AdmissionArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("data-platform:admission:Admission", name, {}, opts);
        const child = { parent: this };
        const tables = onceEvaluated(() => {
            this.closed = true;
            return this.tables() as Tables;
        });
        const accounts = [{ name: "accounts", expression: this.accounts() }];
        this.ready = [
            ...admissionPolicy(
                "launched-pods",
                tables.apply(({ pods }) => podPolicy(pods, accounts)),
                child,
            ),
            ...admissionPolicy(
                "launched-spark-applications",
                tables.apply(({ spark }) => sparkPolicy(spark, accounts)),
                child,
            ),
            ...admissionPolicy("launched-others", otherKindsPolicy(accounts), child),
        ];
        this.registerOutputs({});
    }

    task(manifest: object): void {
        this.open();
        if (isSpark(manifest)) this.templates.push(sparkFacts(manifest));
        else this.tasks.push(podFacts(manifest));
    }

    sparkJob(manifest: object): void {
        this.open();
        if (isSpark(manifest)) this.drivers.push(sparkFacts(manifest));
    }

    worker(declaration: WorkerDeclaration): void {
        this.open();
        this.workers.push(declaration);
    }

    private open(): void {
        if (!this.closed) return;
        throw new pulumi.RunError(
            "a task or Spark job is declared after the program has been evaluated, inside an apply or after an await: the policy of " +
                "what may be started is made before that; declare it at the top",
        );
    }

    /** Outputs in it are names of claims only. */
    private tables(): { [Key in keyof Tables]: unknown } {
        const user = (namespace: string, account: string) => `system:serviceaccount:${namespace}:${account}`;
        const tasks = byAccount(this.tasks);
        // What Spark itself says of an executor.
        const executors = byAccount(
            this.drivers.map((facts) => ({ ...facts, labels: [...facts.labels, "spark-role=executor"] })),
        );
        const workers = byAccount(this.workers.map(({ pod }) => pod));
        const launchers = this.workers.flatMap(({ launchers, pod }) =>
            launchers.map((account) => user(pod.namespace, account)),
        );
        const pods = { ...tasks, ...executors, ...workers };
        const templates = Object.values(byAccount(this.templates));
        return {
            pods: {
                pods: Object.fromEntries(
                    Object.entries(pods).map(([key, { reads, labels }]) => [key, unique({ reads, labels })]),
                ),
                may: Object.fromEntries([
                    ...launchers.map((launcher) => [launcher, Object.keys(tasks)]),
                    ...this.workers.map(({ scheduler, pod }) => [
                        user(pod.namespace, scheduler),
                        [`${pod.namespace}/${pod.serviceAccount}`],
                    ]),
                    ...Object.entries(executors).map(([key, { namespace, serviceAccount }]) => [
                        user(namespace, serviceAccount),
                        [key],
                    ]),
                ]),
            },
            spark: {
                namespace: this.args.jobs.name,
                jobs: Object.fromEntries(
                    templates.map(({ serviceAccount, reads, labels, conf, files }) => [
                        serviceAccount,
                        { ...unique({ reads, labels }), conf, files },
                    ]),
                ),
                may: launchers,
            },
        };
    }

    /** Every account of the two namespaces, in whichever namespace it asks. */
    private accounts(): string {
        const { orchestration, jobs, exempt } = this.args;
        const user = "request.userInfo.username";
        const within = [orchestration, jobs].map(({ name }) => `${user}.startsWith("system:serviceaccount:${name}:")`);
        const others = exempt.map((account) => `${user} != "system:serviceaccount:${jobs.name}:${account}"`);
        return [`(${within.join(" || ")})`, ...others].join(" && ");
    }
}

/** Known values once each, in a fixed order; outputs as they come. */
function unique({ reads, labels }: Pick<PodDeclaration, "reads" | "labels">) {
    const sorted = <T>(all: T[]) => [...new Set(all)].sort((one, other) => String(one).localeCompare(String(other)));
    const known = reads.filter((each) => typeof each === "string");
    return { reads: [...sorted(known), ...reads.filter((each) => typeof each !== "string")], labels: sorted(labels) };
}
