import { ResourceValidationPolicy } from "@pulumi/policy";

import { releaseType } from "../lib/kinds";

export const releaseSettings: ResourceValidationPolicy = {
    name: "release-settings",
    description: "A Release waits a stated time, keeps a bounded history, and is never rolled back by Helm itself.",
    remediationSteps: "Make it through components/release.ts, which sets timeout, maxHistory and cleanupOnFail.",
    severity: "medium",
    validateResource: ({ type, props }, report) => {
        if (type !== releaseType) return;
        const { timeout, maxHistory, atomic, valueYamlFiles, postrender } = props as Record<string, unknown>;
        if (typeof timeout !== "number" || timeout < 60 || timeout > 3600) {
            report("timeout: say how many seconds an upgrade may take, 60 to 3600");
        }
        if (typeof maxHistory !== "number" || maxHistory < 1 || maxHistory > 10) {
            report("maxHistory: each revision is a Secret in the namespace; keep 1 to 10");
        }
        if (atomic === true)
            report("atomic: a rollback undoes a migration of data half-way and throws the evidence away");
        if (Array.isArray(valueYamlFiles) && valueYamlFiles.length > 0) {
            report("valueYamlFiles: what stands in a file is kept in plain text; give values as values");
        }
        // The provider leaves hooks out at an install by the one, and at an upgrade by the other.
        const { disableWebhooks, disableCRDHooks } = props as Record<string, unknown>;
        if (Boolean(disableWebhooks) !== Boolean(disableCRDHooks)) {
            report(
                "disableWebhooks and disableCRDHooks: hooks would run at an install or at an upgrade only; set neither",
            );
        }
        if (postrender)
            report("postrender: it runs on the machine of whoever updates, and no preview shows what it does");
    },
};
