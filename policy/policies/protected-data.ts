import { ResourceValidationPolicy } from "@pulumi/policy";

import { keepsData } from "../lib/data";
import { isProduction } from "../lib/profile";

export const protectedData: ResourceValidationPolicy = {
    name: "protected-data",
    description: "In production the engine refuses to delete or replace what holds data.",
    remediationSteps:
        "Leave `protect` at its default of the profile prod; to delete data on purpose see docs/runbooks.",
    severity: "critical",
    validateResource: ({ type, props, opts }, report) => {
        if (!isProduction()) return;
        const data = keepsData(type, props);
        if (data && !opts.protect) report(`it holds ${data} and isn't protected`);
    },
};
