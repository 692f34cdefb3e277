import { ResourceValidationPolicy } from "@pulumi/policy";

import { containersOf, podsOf, releaseType } from "../lib/kinds";
import { part, Part } from "../lib/objects";
import { secretsIn } from "../lib/secrets";

/**
 * A policy is handed the plain values, secret or not, so this goes by names and looks; that no value of a Release is marked secret
 * is tested where the program is at hand (test/unit/policy/stacks.test.ts).
 */
export const noPlainSecrets: ResourceValidationPolicy = {
    name: "no-plain-secrets",
    description: "No secret stands in chart values, in a ConfigMap, or in the environment or arguments of a pod.",
    remediationSteps: "Put it into a Secret (components/secrets.ts) and hand on the Secret's name.",
    severity: "critical",
    validateResource: ({ type, props }, report) => {
        for (const { path, what } of secretsIn(openTo({ type, props }))) report(`${path} is ${what}`);
    },
};

/** The parts that more than the owner of a secret reads. */
function openTo({ type, props }: { type: string; props: Part }): unknown {
    if (type === releaseType) return { values: part(props, "values") };
    if (type === "kubernetes:core/v1:ConfigMap") return { data: part(props, "data") };
    const pods = podsOf({ type, props });
    if (!pods) return {};
    return { containers: containersOf(pods.spec).map(({ env, args, command }) => ({ env, args, command })) };
}
