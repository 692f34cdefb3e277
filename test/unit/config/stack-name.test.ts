import assert from "node:assert/strict";

import { longestStackName, stackNameProblem } from "../../../config/stack-name";

const longest = "s".repeat(longestStackName);

describe("names of stacks: whatever is named after one can be", () => {
    for (const stack of ["dev", "pr-123456789", "7", "eu-west-1", "a", longest]) {
        it(`takes ${stack}`, () => assert.equal(stackNameProblem(stack), undefined));
    }
    for (const [stack, part] of [
        ["", /has to have a name/],
        ["Prod_EU.1", /"Prod_EU\.1" can't be the name of a stack.*at most 49 .*for example "prod-eu-1"/],
        ["prod_eu", /for example "prod-eu"/],
        ["prod.eu", /for example "prod-eu"/],
        ["Prod", /for example "prod"/],
        ["-dev", /for example "dev"/],
        ["dev-", /for example "dev"/],
        ["dev\n", /"dev\\n" can't be/],
        ["dev ", /for example "dev"/],
        ["größe", /can't be the name/],
        ["../../etc/passwd", /can't be the name of a stack[^;]*$/],
        ["acme/data-platform/dev", /can't be the name of a stack[^;]*$/],
        [`${longest}s`, /has 50 characters/],
        ["s".repeat(5000), /has 5000 characters/],
    ] as const) {
        it(`refuses ${JSON.stringify(stack.slice(0, 60))}`, () => {
            const problem = stackNameProblem(stack) ?? "";
            assert.match(problem, part);
            assert.ok(problem.length < 300, "a name of any length makes a short message");
        });
    }
});
