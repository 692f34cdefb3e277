import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { NamespaceRef } from "../contracts";
import { labels } from "../labels";

/** The account of the drivers. */
export const serviceAccount = "spark";

type Rule = k8s.types.input.rbac.v1.PolicyRule;

/**
 * What a driver does: starts, watches and stops its executors, writes their settings, and takes away what it has left at its end.
 * Of Services it makes none; the operator has made its own.
 */
export const driverRules: Rule[] = [
    {
        apiGroups: [""],
        resources: ["pods"],
        verbs: ["create", "get", "list", "watch", "patch", "delete", "deletecollection"],
    },
    {
        apiGroups: [""],
        resources: ["configmaps"],
        verbs: ["create", "get", "list", "watch", "update", "patch", "delete", "deletecollection"],
    },
    { apiGroups: [""], resources: ["services"], verbs: ["get", "list", "delete", "deletecollection"] },
    // Asked for at its end even where no job has a volume; without the right to look each run would end with a warning.
    { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["list", "deletecollection"] },
];

/** An account, what it may do in its namespace, and nothing anywhere else. Returns what must be there before it is used. */
export function account(
    name: string,
    namespace: NamespaceRef,
    rules: Rule[],
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
    const metadata = { name, namespace: namespace.ready, labels: labels({ name, component: "spark" }) };
    // Pods that talk to the API ask for the token themselves.
    const user = new k8s.core.v1.ServiceAccount(name, { metadata, automountServiceAccountToken: false }, opts);
    const role = new k8s.rbac.v1.Role(name, { metadata, rules }, opts);
    const binding = new k8s.rbac.v1.RoleBinding(
        name,
        {
            metadata,
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
            subjects: [{ kind: "ServiceAccount", name, namespace: namespace.name }],
        },
        { ...opts, dependsOn: [user, role] },
    );
    return [user, role, binding];
}
