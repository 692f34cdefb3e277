import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { imagePullSecrets } from "./cluster-settings";
import { NamespaceRef, StoreIdentity } from "./contracts";
import { reserve } from "./declarations";
import { labels } from "./labels";

type Rule = k8s.types.input.rbac.v1.PolicyRule;

/** The part of an account's metadata by which the cloud knows it, if it does. */
export function annotated(identity: Pick<StoreIdentity, "annotations"> | undefined): {
    annotations?: Record<string, string>;
} {
    return identity ? { annotations: identity.annotations } : {};
}

/** An account of pods, without a token of its own: those that talk to the API ask for theirs. */
export function podAccount(
    name: string,
    metadata: k8s.types.input.meta.v1.ObjectMeta,
    opts: pulumi.CustomResourceOptions,
): k8s.core.v1.ServiceAccount {
    return new k8s.core.v1.ServiceAccount(
        name,
        { metadata, automountServiceAccountToken: false, ...imagePullSecrets() },
        opts,
    );
}

/** An account, what it may do in its namespace, and nothing anywhere else. Returns what must be there before it is used. */
export function account(
    name: string,
    namespace: NamespaceRef,
    { component, rules, identity }: { component: string; rules: Rule[]; identity?: Pick<StoreIdentity, "annotations"> },
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
    reserve(["ServiceAccount", "NetworkPolicy", "Role"].map((kind) => `${namespace.name}: ${kind} ${name}`));
    const metadata = { name, namespace: namespace.ready, labels: labels({ name, component }) };
    const user = podAccount(name, { ...metadata, ...annotated(identity) }, opts);
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
