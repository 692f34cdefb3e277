import { ResourceValidationPolicy } from "@pulumi/policy";

import { kindIn } from "../lib/kinds";
import { at, part, text } from "../lib/objects";
import { isProduction } from "../lib/profile";

export const databaseResources: ResourceValidationPolicy = {
    name: "database-resources",
    description:
        "CloudNativePG's clusters: resources, a volume of a stated size, and in production more than one instance.",
    remediationSteps: "Make it through components/database.",
    severity: "high",
    validateResource: ({ type, props }, report) => {
        if (kindIn("postgresql.cnpg.io", type) !== "Cluster") return;
        const spec = part(props, "spec");
        for (const path of [
            ["requests", "cpu"],
            ["requests", "memory"],
            ["limits", "memory"],
        ]) {
            if (at(spec, "resources", ...path) === undefined) report(`no resources.${path.join(".")}`);
        }
        if (!text(spec, "storage", "size")) report("no storage.size");
        if (isProduction() && Number(spec.instances ?? 1) < 2) report("one instance: its node's end is an outage");
    },
};
