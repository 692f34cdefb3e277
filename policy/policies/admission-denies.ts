import { ResourceValidationPolicy } from "@pulumi/policy";

import { part, text } from "../lib/objects";

const kind = (name: string) => `kubernetes:admissionregistration.k8s.io/v1:${name}`;

export const admissionDenies: ResourceValidationPolicy = {
    name: "admission-denies",
    description: "An admission policy refuses what breaks it, and what it can't work out.",
    remediationSteps: "Make it by admissionPolicy (components/admission/policy.ts).",
    severity: "critical",
    validateResource: ({ type, props }, report) => {
        if (type === kind("ValidatingAdmissionPolicy")) {
            const failure = text(props, "spec", "failurePolicy");
            // Kubernetes' own default is Fail.
            if (failure !== undefined && failure !== "Fail") report("failurePolicy lets pass what it can't work out");
        }
        if (type === kind("ValidatingAdmissionPolicyBinding")) {
            const { validationActions } = part(props, "spec");
            if (!Array.isArray(validationActions) || !validationActions.includes("Deny"))
                report("validationActions only warn or write down: Deny is missing");
        }
    },
};
