import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { NamespaceRef } from "../contracts";
import { labels } from "../labels";
import { reserve } from "../declarations";

type Rule = k8s.types.input.rbac.v1.PolicyRule;

/**
 * Lets accounts of one namespace start, watch and stop things in it or in another. Nothing more: no Secrets, and no way into a
 * running pod. What such a pod may be is the business of the admission policies.
 */
export function launcher(
    name: string,
    accounts: { names: string[]; namespace: NamespaceRef },
    { there, rules }: { there: NamespaceRef; rules: Rule[] },
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
    const metadata = { name, namespace: there.ready, labels: labels({ name, component: "orchestration" }) };
    reserve([`${there.name}: Role ${name}`]);
    const role = new k8s.rbac.v1.Role(name, { metadata, rules }, opts);
    const binding = new k8s.rbac.v1.RoleBinding(
        name,
        {
            metadata,
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
            subjects: accounts.names.map((account) => ({
                kind: "ServiceAccount",
                name: account,
                namespace: accounts.namespace.name,
            })),
        },
        opts,
    );
    return [role, binding];
}

/** Rights of tasks: they start pods and Spark applications. */
export const launcherRules: Rule[] = [
    { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch", "create", "patch", "delete"] },
    { apiGroups: [""], resources: ["pods/log"], verbs: ["get", "list"] },
    { apiGroups: [""], resources: ["events"], verbs: ["get", "list", "watch"] },
    {
        apiGroups: ["sparkoperator.k8s.io"],
        resources: ["sparkapplications"],
        verbs: ["get", "list", "watch", "create", "patch", "delete"],
    },
    { apiGroups: ["sparkoperator.k8s.io"], resources: ["sparkapplications/status"], verbs: ["get"] },
];

/** The pods of tasks themselves. */
export const schedulerRules: Rule[] = [
    { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch", "create", "patch", "delete"] },
    { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
    { apiGroups: [""], resources: ["events"], verbs: ["list"] },
];
