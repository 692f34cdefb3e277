import { PolicyResource, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";

import { releaseType } from "../lib/kinds";
import { isPart, part, text } from "../lib/objects";

const namespaceType = "kubernetes:core/v1:Namespace";

export const namespacesRestricted: ResourceValidationPolicy = {
    name: "namespaces-restricted",
    description: "A namespace lets no pod in that isn't `restricted` by the Pod Security Standards.",
    remediationSteps: "Make it by restrictedNamespace (components/namespace.ts).",
    severity: "critical",
    validateResource: ({ type, props }, report) => {
        if (type !== namespaceType) return;
        const level = text(props, "metadata", "labels", "pod-security.kubernetes.io/enforce");
        if (level !== "restricted") report(`it enforces ${level ?? "nothing"}`);
        const version = text(props, "metadata", "labels", "pod-security.kubernetes.io/enforce-version");
        if (version === undefined || version === "latest") {
            report("it enforces whatever an upgrade of the cluster brings: name the version of the standard");
        }
    },
};

export const namespacesClosed: StackValidationPolicy = {
    name: "namespaces-closed",
    description: "A namespace is closed, in and out, but for what further NetworkPolicies open.",
    remediationSteps: "Make it by restrictedNamespace (components/namespace.ts).",
    severity: "critical",
    validateStack: ({ resources }, report) => {
        const closed = new Set(resources.filter(closesAll).map(({ props }) => text(props, "metadata", "namespace")));
        for (const { name, props, urn } of resources.filter(({ type }) => type === namespaceType)) {
            if (!closed.has(text(props, "metadata", "name"))) {
                report(`${name} has no NetworkPolicy that denies all traffic by default`, urn);
            }
        }
    },
};

/** The namespace of a Release decides whether it is replaced, so it must be one whose own replacement the diff shows. */
export const namespacesOwned: StackValidationPolicy = {
    name: "namespaces-owned",
    description: "A Release lies in a namespace of its stack, and no two of one name in the same.",
    remediationSteps: "Pass the namespace that components/namespaces.ts has made.",
    severity: "high",
    validateStack: ({ resources }, report) => {
        const names = new Set(
            resources.filter(({ type }) => type === namespaceType).map(({ props }) => text(props, "metadata", "name")),
        );
        const seen = new Set<string>();
        for (const { props, urn } of resources.filter(({ type }) => type === releaseType)) {
            const namespace = text(props, "namespace") ?? "";
            const name = text(props, "name") ?? "";
            if (!names.has(namespace)) report(`${name} lies in "${namespace}", which this stack doesn't make`, urn);
            if (seen.has(`${namespace}/${name}`)) report(`there is another ${name} in ${namespace}`, urn);
            seen.add(`${namespace}/${name}`);
        }
    },
};

function closesAll({ type, props }: PolicyResource): boolean {
    if (type !== "kubernetes:networking.k8s.io/v1:NetworkPolicy") return false;
    const { podSelector, policyTypes, ingress, egress } = part(props, "spec");
    return (
        isPart(podSelector) &&
        Object.keys(podSelector).length === 0 &&
        Array.isArray(policyTypes) &&
        ["Ingress", "Egress"].every((direction) => policyTypes.includes(direction)) &&
        !opens(ingress) &&
        !opens(egress)
    );
}

function opens(rules: unknown): boolean {
    return Array.isArray(rules) && rules.length > 0;
}
