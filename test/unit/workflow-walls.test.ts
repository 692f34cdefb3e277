import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { readStackConfig, stackFile } from "../../program/stack-config";
import { imageSettings } from "../../images/inventory/settings";
import { repoRoot } from "../../lib/paths";
import { environmentsOf, eventsOf, jobsIn, powersOf, type Repository } from "../support/workflow-graph";
import {
    cacheProblems,
    imageProblems,
    protectionProblems,
    refProblems,
    registryProblems,
    strangerProblems,
} from "../support/workflow-walls";
import { parseWorkflow } from "../support/workflows";

const github = join(repoRoot, ".github");
const texts = new Map<string, string>([
    ...readdirSync(join(github, "workflows")).map((name): [string, string] => [
        name.replace(/\.yml$/, ""),
        readFileSync(join(github, "workflows", name), "utf8"),
    ]),
    ...readdirSync(join(github, "actions")).map((name): [string, string] => [
        `actions/${name}`,
        readFileSync(join(github, "actions", name, "action.yml"), "utf8"),
    ]),
]);

/** The repository's workflows, some texts in them changed: `[file, what is there, what is to be there]`. */
function repository(...changes: [file: string, from: string | RegExp, to: string][]): Repository {
    const changed = new Map(texts);
    for (const [file, from, to] of changes) {
        const before = changed.get(file) ?? "";
        const after = before.replace(from, to);
        assert.notEqual(after, before, `nothing of ${file} is ${String(from)}`);
        changed.set(file, after);
    }
    const all = [...changed].map(([name, text]) => [name, parseWorkflow(text)] as const);
    const isAction = (name: string) => name.startsWith("actions/");
    return {
        workflows: Object.fromEntries(all.filter(([name]) => !isAction(name))),
        actions: Object.fromEntries(all.filter(([name]) => isAction(name)).map(([name, one]) => [name.slice(8), one])),
    };
}

/** Environments whose jobs a person has to approve. */
const reviewed = ["staging", "prod"];

const stolen = `jobs:
  stolen:
    runs-on: ubuntu-latest
    permissions: {}
    steps: [{ run: make lint, env: { KEY: "\${{ secrets.KUBECONFIG }}" } }]
`;

interface Wall {
    rule: (all: Repository) => string[];
    /** Changes that break it, and the message about each. */
    breaches: [what: string, change: Parameters<typeof repository>, said: RegExp][];
}

const walls: Record<string, Wall> = {
    "nothing that has a secret runs code that isn't on main": {
        rule: strangerProblems,
        breaches: [
            ["a job of a pull request with a secret", [["pull-request", "jobs:\n", stolen]], /stolen has a secret/],
            [
                "a preview of prod on a pull request",
                [
                    [
                        "pull-request",
                        "jobs:\n",
                        "jobs:\n  preview: { permissions: {}, uses: ./.github/workflows/preview.yml, with: { stack: prod, ref: x } }\n",
                    ],
                ],
                /preview\/preview has the environment .*, and runs on pull_request/,
            ],
            [
                "inherited secrets",
                [["pull-request", "  comment:\n", "  comment:\n    secrets: inherit\n"]],
                /comment has all secrets/,
            ],
            [
                "deployments of any branch",
                [["deploy", "    branches: [main]\n", ""]],
                /deploy-stack\/update has a secret, and runs on push/,
            ],
            [
                "an ephemeral stack in prod's environment",
                [["ephemeral", "      name: ephemeral\n", "      name: prod\n"]],
                /ephemeral\/stack has the environment prod/,
            ],
            [
                "packages written by a pull request's job",
                [["ephemeral", "id-token: write", "id-token: write\n      packages: write"]],
                /stack has packages: write/,
            ],
            [
                "a token for clouds in a test",
                [["pull-request", "      contents: read\n", "      contents: read\n      id-token: write\n"]],
                /test has id-token: write/,
            ],
        ],
    },
    "a pull request's images have a login of their own, and only the builder writes packages": {
        rule: registryProblems,
        breaches: [
            [
                "the repository's token",
                [["ephemeral", "${{ secrets.IMAGES_PASSWORD }}", "${{ secrets.IMAGES_PASSWORD || github.token }}"]],
                /ephemeral\/stack signs in/,
            ],
            [
                "an update that could push",
                [["deploy-stack", "packages: read", "packages: write"]],
                /deploy-stack\/update may write packages/,
            ],
        ],
    },
    "what is deployed is a commit of main, looked at by a job without a secret": {
        rule: refProblems,
        breaches: [
            [
                "the ref as it was typed in",
                [["deploy", "ref: ${{ needs.commit.outputs.commit }}", "ref: ${{ inputs.ref || github.sha }}"]],
                /dev takes a ref that nobody has looked at/,
            ],
            [
                "a commit from elsewhere",
                [["deploy", "npx data-platform github commit", "make lint"]],
                /takes a commit from a job that looks at none/,
            ],
            [
                "another output",
                [["deploy", "steps.commit.outputs.commit }}", "inputs.ref }}"]],
                /commit gives on another commit/,
            ],
            [
                "secrets for the one who looks",
                [["deploy", "DATA_PLATFORM_REF:", "KEY: ${{ secrets.KUBECONFIG }}\n          DATA_PLATFORM_REF:"]],
                /commit looks at a ref and has a secret/,
            ],
            [
                "a branch by name",
                [["images", 'ref: "${{ inputs.ref }}"', "ref: some-branch"]],
                /images\/build checks out some-branch/,
            ],
            [
                "whatever the event is about",
                [
                    [
                        "deploy-stack",
                        /(\n {2}plan:[\s\S]*?)ref: \$\{\{ inputs\.ref \}\}/,
                        "$1ref: ${{ github.head_ref }}",
                    ],
                ],
                /preview\/preview checks out \$\{\{ github\.head_ref/,
            ],
        ],
    },
    "no job runs in an environment at whose protection nobody has looked": {
        rule: (all) => protectionProblems(all, reviewed),
        breaches: [
            [
                "an environment left out",
                [["deploy", " --environment prod-preview", ""]],
                /preview\/preview runs in prod-preview/,
            ],
            ["prod without reviewers", [["deploy", " --reviewed prod", " --environment prod"]], /update runs in prod,/],
            [
                "a job that doesn't wait",
                [["deploy", "needs: [commit, protection]", "needs: [commit]"]],
                /runs in (dev|images)/,
            ],
            [
                "a job that waits and doesn't ask",
                [["deploy", / needs\.protection\.result == 'success' &&/, ""]],
                /update runs in dev,/,
            ],
            ["the images' own", [["deploy", "--environment images ", ""]], /images\/build runs in images/],
            [
                "an environment in a job of its own",
                [["sweep", "name: ephemeral", "name: prod"]],
                /sweep\/sweep runs in prod/,
            ],
        ],
    },
    "what has a secret takes nothing out of a cache": {
        rule: cacheProblems,
        breaches: [
            [
                "tools from the cache",
                [
                    [
                        "deploy-stack",
                        "- uses: ./.github/actions/tools\n",
                        '- uses: ./.github/actions/tools\n        with: { cache: "true" }\n',
                    ],
                ],
                /update takes from a cache by actions\/cache/,
            ],
            [
                "a cache for everybody",
                [["actions/tools", "- if: inputs.cache == 'true'\n      uses", "- uses"]],
                /images\/build takes from a cache/,
            ],
            [
                "npm's own",
                [["actions/node", ", package-manager-cache: false", ""]],
                /takes from a cache by actions\/setup-node/,
            ],
            ["Go's own", [["actions/tools", ", cache: false", ""]], /takes from a cache by actions\/setup-go/],
        ],
    },
    "images are built, signed and recorded by main's job, and verified before the update": {
        rule: imageProblems,
        breaches: [
            [
                "no verification",
                [["deploy-stack", "run: make images-verify", "run: make lint"]],
                /doesn't verify signatures/,
            ],
            [
                "verified afterwards",
                [
                    ["deploy-stack", "run: make images-verify", "run: make lint"],
                    ["deploy-stack", "      # Reads only", "      - run: make images-verify\n      # Reads only"],
                ],
                /doesn't verify signatures/,
            ],
            [
                "the lock left aside",
                [["deploy-stack", "run: make images-check", "run: make lint"]],
                /doesn't hold others' images/,
            ],
            ["tags", [["deploy-stack", /DATA_PLATFORM_IMAGE_DIGESTS: .*\n/, "X: y\n"]], /deploys by tag/],
            [
                "a signer of any branch",
                [
                    [
                        "deploy-stack",
                        "images.yml@refs/heads/${{ github.event.repository.default_branch }}",
                        "images.yml@refs/heads/x",
                    ],
                ],
                /asks for another signer/,
            ],
            [
                "unsigned images",
                [["images", "run: make images-sign", "run: make lint"]],
                /images\/build signs no images/,
            ],
            [
                "a release of another branch's",
                [["release", "@refs/heads/${{ github.event.repository.default_branch }}", "@refs/heads/x"]],
                /release\/images signs as somebody else/,
            ],
            [
                "tags of strangers",
                [["images", "PUSH=1 MISSING=1", "PUSH=1 MISSING=1 TRUST=tags"]],
                /signs what it has not built/,
            ],
            ["no record", [["images", "path: images.digests.json", "path: sboms"]], /keeps no digests/],
        ],
    },
};

describe("walls between what anybody may push and what deploys", () => {
    for (const [name, { rule, breaches }] of Object.entries(walls)) {
        describe(name, () => {
            it("holds", () => assert.deepEqual(rule(repository()), []));
            for (const [what, change, said] of breaches) {
                it(`and would be found to be broken by ${what}`, () => {
                    assert.match(rule(repository(...change)).join("\n"), said);
                });
            }
        });
    }

    it("the rules see what there is: environments, events and powers of all workflows", () => {
        const all = repository();
        const environments = jobsIn(all).flatMap((placed) => environmentsOf(all, placed));
        assert.deepEqual([...new Set(environments)].sort(), [
            "dev",
            "dev-preview",
            "ephemeral",
            "images",
            "prod",
            "prod-preview",
            "staging",
            "staging-preview",
        ]);
        assert.deepEqual(eventsOf(all, "images").sort(), ["push main", "workflow_dispatch"]);
        assert.deepEqual(eventsOf(all, "ephemeral"), ["pull_request"]);
        const powerless = jobsIn(all).filter((placed) => powersOf(placed).length === 0);
        assert.deepEqual(powerless.map(({ workflow, name }) => `${workflow}/${name}`).sort(), [
            ...["comment/comment", "deploy/commit", "deploy/protection", "pull-request/check"],
            ...["pull-request/comment", "pull-request/diff", "pull-request/test", "release/commit", "scan/scan"],
        ]);
    });

    it("pull requests push where no other stack pulls from", () => {
        const registry = (stack: string) => imageSettings({ stack }).registry;
        const own = registry("ephemeral");
        for (const stack of ["dev", "staging", "prod"]) {
            const theirs = registry(stack);
            assert.ok(!`${own}/`.startsWith(`${theirs}/`) && !`${theirs}/`.startsWith(`${own}/`), `${own}, ${theirs}`);
        }
        assert.ok(readStackConfig(stackFile("ephemeral")).values["data-platform:images"]);
    });
});
