import { literal, sentence } from "./cel";
import { PolicySpec } from "./policy";
import { explained } from "./pods";

const anything = (apiGroups: string[], resources: string[], operations: string[]) => ({
    apiGroups,
    apiVersions: ["*"],
    resources,
    operations,
    scope: "Namespaced",
});

/** Kinds whose pods somebody else makes, ways into running pods, and tokens of accounts: no code of others needs them. */
export function otherKindsPolicy(accounts: PolicySpec["matchConditions"]): PolicySpec {
    const writing = ["CREATE", "UPDATE"];
    return {
        resourceRules: [
            anything(["apps"], ["daemonsets", "deployments", "replicasets", "statefulsets"], writing),
            anything(["batch"], ["cronjobs", "jobs"], writing),
            anything([""], ["podtemplates", "replicationcontrollers"], writing),
            anything(["sparkoperator.k8s.io"], ["scheduledsparkapplications", "sparkconnects"], writing),
            anything([""], ["serviceaccounts/token"], ["CREATE"]),
            anything([""], ["pods/attach", "pods/exec", "pods/portforward", "pods/proxy"], ["CONNECT"]),
        ],
        matchConditions: accounts,
        rules: [
            {
                expression: "false",
                messageExpression: sentence`${"request.userInfo.username"} may not ${"request.operation == 'CONNECT' ? 'reach into pods by' : 'make'"} ${"request.resource.resource + (has(request.subResource) ? '/' + request.subResource : '')"}: tasks start pods, and Spark applications of declared jobs, and nothing else (${literal(explained)})`,
            },
        ],
    };
}
