import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { NamespaceRef } from "../contracts";
import { labels } from "../labels";

/**
 * Lets accounts of one namespace start, watch and stop what tasks run in another: pods and Spark applications. Nothing
 * more: no Secrets, and no way into a running pod.
 */
export function launcher(
    name: string,
    accounts: { names: string[]; namespace: NamespaceRef },
    jobs: NamespaceRef,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
    const metadata = { name, namespace: jobs.ready, labels: labels({ name, component: "orchestration" }) };
    const role = new k8s.rbac.v1.Role(name, { metadata, rules: launcherRules }, opts);
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

export const launcherRules = [
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
