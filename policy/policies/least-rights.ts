import { ReportViolation, ResourceValidationPolicy } from "@pulumi/policy";

import { Part, parts, text } from "../lib/objects";

const group = "kubernetes:rbac.authorization.k8s.io/v1:";

export const leastRights: ResourceValidationPolicy = {
    name: "least-rights",
    description: "Nobody is made an administrator of the cluster, and no role allows everything.",
    remediationSteps: "List the resources and verbs that are needed, in a Role of the namespace.",
    severity: "critical",
    validateResource: ({ type, props }, report) => {
        if (type === `${group}ClusterRoleBinding` || type === `${group}RoleBinding`) checkBinding(props, report);
        if (type === `${group}ClusterRole` || type === `${group}Role`) {
            for (const rule of parts(props, "rules")) checkRule(rule, report);
        }
    },
};

function checkBinding(props: Part, report: ReportViolation): void {
    const role = text(props, "roleRef", "name") ?? "";
    if (["cluster-admin", "admin"].includes(role)) report(`it grants ${role}`);
    for (const subject of parts(props, "subjects")) {
        const name = text(subject, "name") ?? "";
        if (/^system:(masters|unauthenticated|anonymous|authenticated|serviceaccounts)$/.test(name)) {
            report(`it is for ${name}, which nobody here can say who that is`);
        }
        if (text(subject, "kind") === "ServiceAccount" && name === "default") {
            report("it is for a namespace's default ServiceAccount, which any pod gets that doesn't ask for another");
        }
    }
}

function checkRule(rule: Part, report: ReportViolation): void {
    const any = (key: string) => Array.isArray(rule[key]) && (rule[key] as unknown[]).includes("*");
    if (any("verbs")) report("a rule allows every verb");
    if (any("resources")) report("a rule allows every resource");
    const verbs = Array.isArray(rule.verbs) ? (rule.verbs as unknown[]) : [];
    for (const verb of ["escalate", "bind", "impersonate"]) {
        if (verbs.includes(verb)) report(`a rule allows ${verb}: the right to take any right`);
    }
}
