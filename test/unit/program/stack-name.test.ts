import assert from "node:assert/strict";

import { UsageError } from "../../../lib/errors";
import { namedStack } from "../../../program/stack-name";

describe("the name of a stack", () => {
    it("is understood alone, and as Pulumi says it in full", () => {
        assert.deepEqual(namedStack("dev"), { stack: "dev" });
        assert.deepEqual(namedStack("organization/data-platform/dev"), { stack: "dev" });
        assert.deepEqual(namedStack("acme/data-platform/dev"), { stack: "dev", organization: "acme" });
        assert.deepEqual(namedStack("acme/dev"), { stack: "dev", organization: "acme" });
    });

    it("is refused where it can't be, with what is allowed", () => {
        const cases: [string, RegExp][] = [
            ["acme/website/dev", /is a stack of the project website, and this is the project data-platform/],
            ["../x", /is no name of a stack/],
            ["../../etc/passwd", /is no name of a stack/],
            ["a/b/c/dev", /is no name of a stack/],
            ["/dev", /is no name of a stack/],
            ["acme/", /a stack has to have a name/],
            ["Prod_EU.1", /can't be the name of a stack.*"prod-eu-1"/],
            ["x".repeat(50), /50 characters/],
            ["x".repeat(5000), /can't|characters/],
            ["-dev", /can't be the name/],
        ];
        for (const [name, said] of cases) {
            assert.throws(
                () => namedStack(name),
                (error: unknown) =>
                    error instanceof UsageError && said.test(error.message) && error.message.length < 500,
                name,
            );
        }
    });
});
