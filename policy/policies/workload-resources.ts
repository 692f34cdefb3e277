import { ResourceValidationPolicy } from "@pulumi/policy";

import { containersOf, podsOf } from "../lib/kinds";
import { at, text } from "../lib/objects";

const needed = [
    ["requests", "cpu"],
    ["requests", "memory"],
    // No limit for CPU: a busy moment may use what nobody else needs.
    ["limits", "memory"],
];

export const workloadResources: ResourceValidationPolicy = {
    name: "workload-resources",
    description: "Each container says what it asks for and how much memory it may use at most.",
    remediationSteps: "Set `resources.requests.cpu`, `resources.requests.memory` and `resources.limits.memory`.",
    severity: "high",
    validateResource: ({ type, props }, report) => {
        const pods = podsOf({ type, props });
        if (!pods) return;
        for (const container of containersOf(pods.spec)) {
            for (const path of needed) {
                if (at(container, "resources", ...path) === undefined) {
                    report(`container ${text(container, "name") ?? "?"} has no resources.${path.join(".")}`);
                }
            }
        }
    },
};
