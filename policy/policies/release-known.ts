import { ResourceValidationPolicy } from "@pulumi/policy";

import { releaseType } from "../lib/kinds";
import { walk } from "../lib/objects";

export const releaseKnown: ResourceValidationPolicy = {
    name: "release-known",
    description:
        "All that a Release is given is known in a preview; the provider looks at the chart there only if it is.",
    remediationSteps:
        "Give names as plain text, and put what is made during the update into a Secret that the values name.",
    severity: "high",
    validateResource: ({ type, props }, report) => {
        if (type !== releaseType) return;
        try {
            // Reading a value that isn't known yet throws.
            Array.from(walk(props));
        } catch (error) {
            const { props: path } = error as { props?: string[] };
            if (!Array.isArray(path)) throw error;
            report(`${path.join(".")} is known only during the update`);
        }
    },
};
