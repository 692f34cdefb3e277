import { ResourceValidationPolicy } from "@pulumi/policy";

import { podsOf } from "../lib/kinds";
import { at, isPart, part, parts, text } from "../lib/objects";

export const workloadProbes: ResourceValidationPolicy = {
    name: "workload-probes",
    description: "What serves says when it is ready and when it must be restarted, each within a stated time.",
    remediationSteps: "Give each container a readinessProbe and a livenessProbe with timeoutSeconds.",
    severity: "high",
    validateResource: ({ type, props }, report) => {
        const pods = podsOf({ type, props });
        if (!pods?.longRunning) return;
        for (const container of parts(pods.spec, "containers")) {
            const name = text(container, "name") ?? "?";
            for (const probe of ["readinessProbe", "livenessProbe"]) {
                if (!isPart(container[probe])) report(`container ${name} has no ${probe}`);
            }
            for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) {
                if (isPart(container[probe]) && at(part(container, probe), "timeoutSeconds") === undefined) {
                    report(
                        `container ${name}: ${probe} has no timeoutSeconds; the default of one second restarts what is busy`,
                    );
                }
            }
        }
    },
};
