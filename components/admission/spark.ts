import { literal, notAllowed, podReads, posing, sentence } from "./cel";
import { PolicySpec } from "./policy";
import { explained } from "./pods";

/** The declarations of Spark jobs by account, settings as `<key>=<value>`, and the user names of those who may run them. */
export interface SparkTables {
    namespace: string;
    jobs: Record<string, { reads: string[]; labels: string[]; conf: string[]; files: string[] }>;
    may: string[];
}

const group = "sparkoperator.k8s.io";

/** Fields that shape a run and nothing else; its pods' Secrets, volumes and containers stand in the templates, where they are looked at. */
const fields = [
    ...[
        "type",
        "mode",
        "sparkVersion",
        "pythonVersion",
        "image",
        "imagePullPolicy",
        "mainApplicationFile",
        "mainClass",
    ],
    ...["arguments", "sparkConf", "restartPolicy", "timeToLiveSeconds", "dynamicAllocation", "memoryOverheadFactor"],
    ...["failureRetries", "retryInterval", "nodeSelector", "suspend", "driver", "executor"],
];
const sizes = ["cores", "coreRequest", "coreLimit", "memory", "memoryLimit", "memoryOverhead", "gpu"];
const partFields = [
    ...sizes,
    "image",
    "javaOptions",
    "labels",
    "annotations",
    "affinity",
    "tolerations",
    "nodeSelector",
];
const driverFields = [...partFields, "serviceAccount", "template"];
const executorFields = [...driverFields, "instances", "deleteOnTermination"];

/** Settings of Spark that shape a run and not its pods. */
const freeConf = ["spark.sql.", "spark.dynamicAllocation."];

/**
 * Spark applications that code of others makes: the operator starts their drivers, and what it is told there isn't seen again.
 *
 * @param accounts Condition that names the accounts.
 */
export function sparkPolicy(
    { namespace, jobs, may }: SparkTables,
    accounts: PolicySpec["matchConditions"],
): PolicySpec {
    const part = (name: string) => `(has(variables.spec.${name}) ? variables.spec.${name} : dyn({}))`;
    const pod = (of: string) =>
        `(has(variables.${of}.template) && has(variables.${of}.template.spec) ? variables.${of}.template.spec : dyn({}))`;
    const own = (of: string) => `(has(variables.${of}.labels) ? variables.${of}.labels : dyn({}))`;
    const templates = (of: string) =>
        `(has(variables.${of}.template) && has(variables.${of}.template.metadata) && has(variables.${of}.template.metadata.labels) ? variables.${of}.template.metadata.labels : dyn({}))`;
    const undeclared = (holder: string, allowed: string[], but = "") =>
        `${holder}.filter(k, !(k in ${literal(allowed)})${but}).map(k, k)`;
    // The operator's own webhook, which is asked before this, writes it into every application.
    const emptyDeps = " && !(k == 'deps' && size(variables.spec.deps) == 0)";
    // Airflow's operator tells its application's name that way; what comes out of a Secret stands in the templates.
    const plainEnv = (of: string) => ` && !(k == 'env' && variables.${of}.env.all(e, !has(e.valueFrom)))`;
    const conf = "variables.spec.sparkConf";
    const free = freeConf.map((each) => `k.startsWith(${literal(each)})`).join(" || ");
    const text = (...expressions: string[]) => `[${expressions.join(", ")}].filter(t, t != '').join(', ')`;
    return {
        resourceRules: [
            {
                apiGroups: [group],
                // Others of the kind are held against it as well, in this one's form.
                apiVersions: ["v1beta2"],
                resources: ["sparkapplications"],
                operations: ["CREATE", "UPDATE"],
                scope: "Namespaced",
            },
        ],
        matchConditions: accounts,
        variables: [
            { name: "user", expression: "request.userInfo.username" },
            { name: "jobs", expression: literal(jobs) },
            { name: "spec", expression: "dyn(object.spec)" },
            { name: "driver", expression: part("driver") },
            { name: "executor", expression: part("executor") },
            { name: "driverPod", expression: pod("driver") },
            { name: "executorPod", expression: pod("executor") },
            {
                name: "account",
                expression: "has(variables.driver.serviceAccount) ? variables.driver.serviceAccount : ''",
            },
            {
                name: "declared",
                expression: `variables.account in variables.jobs ? variables.jobs[variables.account] : ${literal({ reads: [], labels: [], conf: [], files: [] })}`,
            },
            {
                name: "accounts",
                expression: `[${[
                    "variables.executor.serviceAccount",
                    ...["driver", "executor"].flatMap((of) => [
                        `variables.${of}Pod.serviceAccountName`,
                        `variables.${of}Pod.serviceAccount`,
                    ]),
                ]
                    .map((each) => `(has(${each}) ? ${each} : variables.account)`)
                    .join(", ")}]`,
            },
            {
                name: "fields",
                expression: `(${undeclared("variables.spec", fields, emptyDeps)} + ${undeclared("variables.driver", driverFields, plainEnv("driver"))}.map(k, 'driver.' + k) + ${undeclared("variables.executor", executorFields, plainEnv("executor"))}.map(k, 'executor.' + k)).join(', ')`,
            },
            {
                name: "settings",
                expression: `has(${conf}) ? ${conf}.filter(k, !(${free}) && !((k + '=' + ${conf}[k]) in variables.declared.conf)).map(k, k).join(', ') : ''`,
            },
            {
                name: "foreign",
                expression: text(
                    ...["variables.driverPod", "variables.executorPod"].map((each) =>
                        notAllowed(podReads(each), "variables.declared.reads"),
                    ),
                ),
            },
            ...["driver", "executor"].map((of) => ({ name: `${of}Labels`, expression: templates(of) })),
            ...["driver", "executor"].map((of) => ({ name: `${of}Own`, expression: own(of) })),
            {
                name: "posing",
                expression: text(
                    ...["driverLabels", "driverOwn", "executorLabels", "executorOwn"].map((each) =>
                        posing(`variables.${each}`, "variables.declared.labels"),
                    ),
                ),
            },
        ],
        rules: [
            {
                expression: `variables.user in ${literal(may)}`,
                messageExpression: sentence`${"variables.user"} may run no Spark applications: of this stack only Airflow's tasks may (${where})`,
            },
            {
                expression: `request.namespace == ${literal(namespace)}`,
                messageExpression: sentence`metadata.namespace is ${"request.namespace"}, and Spark jobs run in ${literal(namespace)} only: give it that namespace (${where})`,
            },
            {
                expression: "variables.account in variables.jobs",
                messageExpression: sentence`spec.driver.serviceAccount is ${"variables.account == '' ? 'missing' : variables.account"}, and must be that of a declared Spark job: ${"variables.jobs.map(k, k).join(', ')"}; make the application from the job's template (${where})`,
            },
            {
                expression: "variables.accounts.all(a, a == variables.account)",
                messageExpression: sentence`driver and executors must have one account, ${"variables.account"}, and there are ${"variables.accounts.filter(a, a != variables.account).join(', ')"} besides (${where})`,
            },
            {
                expression: "variables.fields == ''",
                messageExpression: sentence`spec has fields that reach past a declared job: ${"variables.fields"}; volumes, Secrets and containers belong into the declaration's templates (${where})`,
            },
            {
                expression: "!has(variables.spec.mode) || variables.spec.mode == 'cluster'",
                messageExpression: sentence`spec.mode must be cluster: in any other the program would run inside the operator (${where})`,
            },
            {
                expression:
                    "has(variables.spec.mainApplicationFile) && (variables.spec.mainApplicationFile.startsWith('local://') || variables.spec.mainApplicationFile in variables.declared.files)",
                messageExpression: sentence`spec.mainApplicationFile must be a program in the image, local:///…, or that of the declaration: any other one is read by the operator (${where})`,
            },
            {
                expression: "variables.settings == ''",
                messageExpression: sentence`spec.sparkConf has settings that the job ${"variables.account"} doesn't declare so: ${"variables.settings"}; free are ${literal(freeConf.map((each) => `${each}*`).join(", "))}, others belong into the declaration's conf (${where})`,
            },
            {
                expression: "variables.foreign == ''",
                messageExpression: sentence`the templates have Secrets or volumes that the job ${"variables.account"} doesn't have: ${"variables.foreign"}; it may have ${"variables.declared.reads.join(', ')"}: declare the job with what it needs (${where})`,
            },
            {
                expression: "variables.posing == ''",
                messageExpression: sentence`labels that network policies go by and that the job ${"variables.account"} doesn't have: ${"variables.posing"}; it may have ${"variables.declared.labels.join(', ')"}: leave them out, or declare the job with what it uses (${where})`,
            },
        ],
    };
}

const where = literal(explained);
