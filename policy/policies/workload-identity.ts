import { ResourceValidationPolicy } from "@pulumi/policy";

import { podsOf } from "../lib/kinds";
import { text } from "../lib/objects";

export const workloadIdentity: ResourceValidationPolicy = {
    name: "workload-identity",
    description: "Each workload has a ServiceAccount of its own, and a token only where it says that it calls the API.",
    remediationSteps: "Set serviceAccountName, and automountServiceAccountToken to true or false.",
    severity: "medium",
    validateResource: ({ type, props }, report) => {
        const pods = podsOf({ type, props });
        if (!pods) return;
        const account = text(pods.spec, "serviceAccountName");
        if (account === undefined || account === "default") {
            report("it runs as the namespace's default ServiceAccount, whose rights it shares with whoever else does");
        }
        if (typeof pods.spec.automountServiceAccountToken !== "boolean") {
            report("automountServiceAccountToken: say whether it gets a token for the Kubernetes API");
        }
    },
};
