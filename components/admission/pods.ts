import { isWallKey, literal, notAllowed, podReads, posing, sentence } from "./cel";
import { PolicySpec } from "./policy";

/** A pod's declaration by `<namespace>/<account>`, and which of them an account may start, by its user name. */
export interface PodTables {
    pods: Record<string, { reads: string[]; labels: string[] }>;
    may: Record<string, string[]>;
}

/** Reference to the page that explains the rules. */
export const explained = 'docs/airflow.md, "What a DAG may start"';

/**
 * Pods that code of others makes or changes: in which namespace, as which account, with which Secrets and labels.
 *
 * @param accounts Condition that names the accounts.
 */
export function podPolicy({ pods, may }: PodTables, accounts: PolicySpec["matchConditions"]): PolicySpec {
    const making = 'request.operation != "CREATE"';
    const changing = 'request.operation != "UPDATE"';
    const walls = (labels: string, others: string) =>
        `${labels}.all(k, !(${isWallKey("k")}) || (k in ${others} && ${others}[k] == ${labels}[k]))`;
    return {
        resourceRules: [
            {
                apiGroups: [""],
                apiVersions: ["v1"],
                // The status' door leads to the labels, too.
                resources: ["pods", "pods/ephemeralcontainers", "pods/resize", "pods/status"],
                operations: ["CREATE", "UPDATE"],
                scope: "Namespaced",
            },
        ],
        matchConditions: accounts,
        variables: [
            { name: "user", expression: "request.userInfo.username" },
            { name: "may", expression: literal(may) },
            { name: "mine", expression: "variables.user in variables.may ? variables.may[variables.user] : []" },
            { name: "pods", expression: literal(pods) },
            { name: "spec", expression: "dyn(object.spec)" },
            {
                name: "account",
                expression: "has(variables.spec.serviceAccountName) ? variables.spec.serviceAccountName : 'default'",
            },
            { name: "place", expression: "request.namespace + '/' + variables.account" },
            {
                name: "declared",
                expression:
                    "variables.place in variables.mine ? variables.pods[variables.place] : {'reads': [], 'labels': []}",
            },
            { name: "labels", expression: "has(object.metadata.labels) ? dyn(object.metadata.labels) : dyn({})" },
            {
                name: "before",
                expression:
                    "oldObject != null && has(oldObject.metadata.labels) ? dyn(oldObject.metadata.labels) : dyn({})",
            },
            { name: "foreign", expression: notAllowed(podReads("variables.spec"), "variables.declared.reads") },
            { name: "posing", expression: posing("variables.labels", "variables.declared.labels") },
        ],
        rules: [
            {
                expression: `${making} || size(variables.mine) > 0`,
                messageExpression: sentence`${"variables.user"} may start no pods: of this stack only Airflow's tasks and the drivers of its Spark jobs may (${explainedText})`,
            },
            {
                expression: `${making} || variables.mine.exists(p, p.startsWith(request.namespace + '/'))`,
                messageExpression: sentence`metadata.namespace is ${"request.namespace"}, and ${"variables.user"} may start pods in ${"variables.mine[0].split('/')[0]"} only: give it that namespace (${explainedText})`,
            },
            {
                expression: `${making} || variables.place in variables.mine`,
                messageExpression: sentence`spec.serviceAccountName is ${"variables.account"}, and ${"variables.user"} may start pods as ${names} only: make the pod from the template of a declared task (${explainedText})`,
            },
            {
                expression: `${making} || !has(variables.spec.nodeName)`,
                messageExpression: sentence`spec.nodeName is set, which is the scheduler's business: use spec.nodeSelector (${explainedText})`,
            },
            {
                expression: `${making} || variables.foreign == ''`,
                messageExpression: sentence`the pod has Secrets or volumes that the template of ${"variables.account"} doesn't have: ${"variables.foreign"}; it may have ${"variables.declared.reads.join(', ')"}: declare the task with what it needs (${explainedText})`,
            },
            {
                expression: `${making} || variables.posing == ''`,
                messageExpression: sentence`metadata.labels has labels that network policies go by and that the template of ${"variables.account"} doesn't have: ${"variables.posing"}; it may have ${"variables.declared.labels.join(', ')"}: leave them out, or declare the task with what it uses (${explainedText})`,
            },
            {
                expression: `${changing} || variables.spec == dyn(oldObject.spec)`,
                messageExpression: sentence`the spec of a pod that is there may not be changed by ${"variables.user"}: neither its image nor its ephemeral containers; make a new pod (${explainedText})`,
            },
            {
                expression: `${changing} || (${walls("variables.labels", "variables.before")} && ${walls("variables.before", "variables.labels")})`,
                messageExpression: sentence`labels that network policies go by may not be changed by ${"variables.user"} on a pod that is there; its other labels may (${explainedText})`,
            },
        ],
    };
}

const explainedText = literal(explained);
/** Accounts that the asking one may use, without their namespace. */
const names = "variables.mine.map(p, p.split('/')[1]).join(', ')";
