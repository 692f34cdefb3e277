import { StackValidationPolicy } from "@pulumi/policy";

import { isPart, Part, part, text } from "../lib/objects";

const servers = ["kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet"];
const budgetType = "kubernetes:policy/v1:PodDisruptionBudget";
const scalerType = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler";

export const disruptionBudgets: StackValidationPolicy = {
    name: "disruption-budgets",
    description: "Of what has two or more replicas, a drain of nodes takes one at a time.",
    remediationSteps: "Add a PodDisruptionBudget with the workload's selector; EtlService brings its own.",
    severity: "medium",
    validateStack: ({ resources }, report) => {
        const budgets = resources.filter(({ type }) => type === budgetType);
        const scalers = resources.filter(({ type }) => type === scalerType);
        for (const { type, props, urn } of resources) {
            if (!servers.includes(type)) continue;
            const namespace = text(props, "metadata", "namespace");
            const name = text(props, "metadata", "name") ?? "?";
            const scaler = scalers.find(
                (each) =>
                    text(each.props, "metadata", "namespace") === namespace &&
                    text(each.props, "spec", "scaleTargetRef", "name") === name,
            );
            const replicas = Number(part(scaler?.props, "spec").minReplicas ?? part(props, "spec").replicas ?? 1);
            const labels = part(props, "spec", "template", "metadata", "labels");
            const covered = budgets.some(
                (budget) =>
                    text(budget.props, "metadata", "namespace") === namespace &&
                    selects(part(budget.props, "spec", "selector"), labels),
            );
            if (replicas > 1 && !covered) report(`${name} has ${replicas} replicas and no PodDisruptionBudget`, urn);
        }
    },
};

function selects(selector: Part, labels: Part): boolean {
    const { matchLabels } = selector;
    const wanted = isPart(matchLabels) ? Object.entries(matchLabels) : [];
    return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}
