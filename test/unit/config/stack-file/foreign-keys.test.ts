import assert from "node:assert/strict";

import { ConfigError } from "../../../../config/errors";
import { platformConfig } from "../../../../program/stack-config";

const usual = {
    "data-platform:profile": "dev",
    "data-platform:images": JSON.stringify({ registry: "registry.example.com/data-platform" }),
};

/** The problems that a config with one more key is refused with. */
function problems(key: string, value = "x"): Record<string, string> {
    try {
        platformConfig({ values: { ...usual, [key]: value } }, "dev");
    } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        return Object.fromEntries(error.problems.map((each) => [each.key, each.message]));
    }
    return {};
}

describe("keys of other prefixes", () => {
    for (const [key, message] of [
        ["data-platfrom:database", /did you mean data-platform:database\?/],
        ["dataplatform:database", /did you mean data-platform:database\?/],
        ["dataPlatform:protect", /did you mean data-platform:protect\?/],
        ["data_platform:protect", /did you mean data-platform:protect\?/],
        ["data-platforms:kubernetes", /did you mean data-platform:kubernetes\?/],
        ["Data-Platform:anything", /did you mean data-platform:anything\?/],
        ["platform:x", undefined],
        ["kubernetes:context", /set data-platform:kubernetes\.context/],
        ["kubernetes:kubeconfig", /\$KUBECONFIG, or ~\/\.kube\/config/],
        ["kubernetes:namespace", /set data-platform:namespaces\.prefix/],
        ["kubernetes:cluster", /set data-platform:kubernetes\.context/],
        ["kubernetes:enableServerSideApply", /read by nobody.*take it out/],
        ["kubernetes:deleteUnreachable", /PULUMI_K8S_DELETE_UNREACHABLE/],
        ["kuberentes:context", /set data-platform:kubernetes\.context/],
        ["pulumi:tags", undefined],
        ["pulumi:disable-default-providers", undefined],
        ["pulumi:autonaming", undefined],
        ["pulumi:disableDefaultProviders", /did you mean pulumi:disable-default-providers\?/],
        ["pulumi:tag", /did you mean pulumi:tags\?/],
        // Of a version of Pulumi that is still to come.
        ["pulumi:something-new", undefined],
        // Of providers that a team has added to the program.
        ["aws:region", undefined],
        ["acme:database", undefined],
        ["data-lake:bucket", undefined],
    ] as const) {
        it(`${key} ${message ? "is refused" : "is taken"}`, () => {
            const found = problems(key);
            assert.deepEqual(Object.keys(found), message ? [key] : []);
            if (message) assert.match(found[key], message);
        });
    }

    it("are told with all other problems", () => {
        assert.deepEqual(Object.keys(problems("data-platfrom:database")).length, 1);
        const raw = { ...usual, "kubernetes:context": "prod-eu", "data-platform:protect": "maybe" };
        assert.throws(
            () => platformConfig({ values: raw }, "Prod_EU.1"),
            (error: ConfigError) => {
                assert.deepEqual(
                    error.problems.map(({ key }) => key),
                    ["kubernetes:context", "stack", "protect"],
                );
                return true;
            },
        );
    });
});
