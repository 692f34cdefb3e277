import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { labels } from "../labels";
import { stackLabel } from "../namespace";

/** Expression of a policy, and the message of its refusal. */
export interface Rule {
    /** True where the request may pass. */
    expression: string;
    /** An expression that makes the message. */
    messageExpression: string;
}

export interface PolicySpec {
    resourceRules: k8s.types.input.admissionregistration.v1.NamedRuleWithOperations[];
    /** Requests that the policy applies to. */
    matchConditions: { name: string; expression: string }[];
    /** Named parts of the rules, worked out when first needed. @default none */
    variables?: { name: string; expression: string }[];
    rules: Rule[];
}

/**
 * A ValidatingAdmissionPolicy and what puts it in force. Both are the cluster's, so their names carry the stack's.
 *
 * It refuses what it can't work out, of those accounts that its conditions name and of nobody else.
 */
export function admissionPolicy(
    suffix: string,
    spec: pulumi.Input<PolicySpec>,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
    const name = `${pulumi.getStack()}-${suffix}`;
    const metadata = { name, labels: { ...labels({ name, component: "admission" }), ...stackLabel() } };
    const policy = new k8s.admissionregistration.v1.ValidatingAdmissionPolicy(
        name,
        {
            metadata,
            spec: pulumi.output(spec).apply(({ resourceRules, rules, ...rest }) => ({
                failurePolicy: "Fail",
                matchConstraints: { resourceRules },
                ...rest,
                validations: rules.map((rule) => ({ ...rule, reason: "Forbidden" })),
            })),
        },
        opts,
    );
    const binding = new k8s.admissionregistration.v1.ValidatingAdmissionPolicyBinding(
        name,
        { metadata, spec: { policyName: name, validationActions: ["Deny"] } },
        { ...opts, dependsOn: [policy] },
    );
    return [policy, binding];
}
