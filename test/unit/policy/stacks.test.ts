import assert from "node:assert/strict";

import { resourcePolicies, stackPolicies } from "../../../policy/policies";
import { certManagerType, releaseInside } from "../../../program/cert-manager";
import { ResourceRequest } from "../../../program/program";
import { collect } from "../../support/collect";
import { asProfile, Given, stackViolations, violations } from "../../support/policy";

/** A request as the engine shows it to a policy. */
function given(request: ResourceRequest): Given {
    const inner = request.type === certManagerType;
    const { type, name, inputs, protect, deleteBeforeReplace } = inner
        ? { ...releaseInside(request), type: "kubernetes:helm.sh/v3:Release", name: `${request.name}-helm` }
        : request;
    return { type, name, props: inputs, opts: { protect, deleteBeforeReplace } };
}

describe("every stack keeps to the policies", () => {
    for (const stack of ["dev", "staging", "prod", "sandbox", "ephemeral"]) {
        it(stack, async () => {
            const { requests } = await collect({ stack });
            // The committed stacks and the ephemeral one are named by their profiles.
            asProfile(stack);
            const resources = requests.filter(({ custom, type }) => custom || type === certManagerType).map(given);
            const said: string[] = [];
            for (const resource of resources) {
                for (const policy of resourcePolicies) {
                    const found = await violations(policy, resource);
                    said.push(...found.map((what) => `${resource.type} ${resource.name}: ${policy.name}: ${what}`));
                }
            }
            for (const policy of stackPolicies) {
                said.push(...(await stackViolations(policy, resources)).map((what) => `${policy.name}: ${what}`));
            }
            assert.deepEqual(said, []);
            assert.ok(resources.length > 100, `${resources.length} resources were looked at`);
        });

        it(`${stack}: no value of a Release is marked secret, which a policy can't see`, async () => {
            const { requests } = await collect({ stack });
            const releases = requests.filter(({ type }) => type.endsWith(":Release") || type === certManagerType);
            assert.deepEqual(
                releases.flatMap(({ name, secretPaths }) => secretPaths.map((path) => `${name}: ${path}`)),
                [],
            );
        });
    }
});
