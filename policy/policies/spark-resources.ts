import { ReportViolation, ResourceValidationPolicy } from "@pulumi/policy";

import { kindIn } from "../lib/kinds";
import { Part, part, text } from "../lib/objects";
import { checkSecurity } from "./workload-security";

export const sparkResources: ResourceValidationPolicy = {
    name: "spark-resources",
    description:
        "Spark's driver and executors have bounds and are `restricted`, whether the operator's webhook works or not.",
    remediationSteps: "Make the job through components/spark.",
    severity: "high",
    validateResource: ({ type, props }, report) => {
        const kind = kindIn("sparkoperator.k8s.io", type);
        if (kind === "SparkApplication") checkSpark(part(props, "spec"), report);
        if (kind === "ScheduledSparkApplication") checkSpark(part(props, "spec", "template"), report);
    },
};

function checkSpark(spec: Part, report: ReportViolation): void {
    for (const role of ["driver", "executor"]) {
        const pod = part(spec, role);
        if (!text(pod, "memory")) report(`${role} has no memory`);
        if (pod.cores === undefined) report(`${role} has no cores`);
        const template = part(pod, "template", "spec");
        if (Object.keys(template).length === 0) report(`${role} has no template, so nothing restricts its pods`);
        checkSecurity(template, (message) => report(`${role}: ${message}`));
    }
}
