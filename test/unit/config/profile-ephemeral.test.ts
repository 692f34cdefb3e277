import assert from "node:assert/strict";

import { parse } from "../../../config/parse";
import { quotaOf } from "../../../config/quotas";
import { Collected, collect } from "../../support/collect";
import { configProblems } from "../../support/config-problems";

const registry = { images: { registry: "registry.example.com/data-platform" } };
const stacks = ["pr-7", "pr-8"] as const;

/** The problems that a config is refused with, by key. */
function problems(raw: Record<string, unknown>): Record<string, string> {
    return configProblems({ profile: "ephemeral", ...registry, ...raw }, "pr-7");
}

describe("the profile of short-lived stacks", () => {
    const made = {} as Record<(typeof stacks)[number], Collected>;

    before(async function () {
        this.timeout(120_000);
        const plane = { shareable: true, issuer: "dev-platform-ca", namespaces: {} };
        for (const stack of stacks) {
            made[stack] = await collect({
                stack,
                config: {
                    "data-platform:profile": "ephemeral",
                    "data-platform:images": JSON.stringify(registry.images),
                },
                stackOutputs: () => Promise.resolve({ outputs: { clusterPlaneOutput: plane }, secretOutputs: [] }),
            });
        }
    });

    it("refuses to keep, to protect and to have what others need", () => {
        assert.deepEqual(problems({}), {});
        assert.match(problems({ protect: true }).protect, /must be false with profile ephemeral/);
        for (const system of ["objectStore", "eventStream", "database"]) {
            assert.match(
                problems({ [system]: { retain: true } })[`${system}.retain`],
                /nothing of it may stay/,
                system,
            );
        }
        assert.match(problems({ cluster: { mode: "install" } })["cluster.mode"], /must be shared.*cluster\.stack/);
    });

    it("bounds every namespace, the number of volumes and ways in from outside too", () => {
        const config = parse({ profile: "ephemeral", ...registry }, "pr-7");
        for (const system of ["storage", "streaming", "database", "tracking", "orchestration", "jobs"] as const) {
            const hard = quotaOf(config, system);
            assert.deepEqual([hard["services.loadbalancers"], hard["services.nodeports"]], ["0", "0"], system);
            assert.ok(Number(hard.persistentvolumeclaims) <= 2, system);
        }
        const few = problems({ namespaces: { quotas: { storage: { volumes: 0 } } } });
        assert.match(few["namespaces.quotas.storage.volumes"], /0 is less than what the stack declares there, 1/);
    });

    it("makes nothing for the whole cluster but namespaces and admission policies, which carry the stack's name", () => {
        for (const stack of stacks) {
            const ofCluster = made[stack].requests.filter(
                ({ type, custom, inputs }) =>
                    custom &&
                    type.startsWith("kubernetes:") &&
                    !(inputs as { metadata?: { namespace?: string } }).metadata?.namespace &&
                    !(inputs as { namespace?: string }).namespace,
            );
            const kinds = ofCluster.map(({ type }) => type.slice(type.lastIndexOf(":") + 1)).sort();
            const policies = ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"];
            assert.deepEqual([...new Set(kinds)], ["Namespace", ...policies]);
            assert.equal(kinds.filter((kind) => kind === "Namespace").length, 6);
            for (const { type, inputs } of ofCluster) {
                const { name, labels } = (inputs as { metadata: { name: string; labels: Record<string, string> } })
                    .metadata;
                assert.ok(name.startsWith(`${stack}-`), name);
                if (type !== "kubernetes:core/v1:Namespace") continue;
                assert.equal(labels["data-platform.io/ephemeral"], "true");
                assert.equal(labels["data-platform.io/stack"], stack);
            }
        }
    });

    it("keeps and protects nothing", () => {
        for (const { name, protect, retainOnDelete } of made["pr-7"].requests) {
            assert.deepEqual([protect, retainOnDelete], [false, false], name);
        }
    });

    it("opens no namespace to one of the other stack", () => {
        const policies = made["pr-7"].all("NetworkPolicy").map(({ inputs }) => JSON.stringify(inputs));
        assert.ok(policies.length > 20, `${policies.length} policies`);
        for (const policy of policies) {
            assert.doesNotMatch(policy, /pr-8/);
            for (const selector of policy.match(/"namespaceSelector":\{.*?\}\}/g) ?? []) {
                assert.match(selector, /pr-7|kube-system|spark-operator|cert-manager|ingress/, selector);
            }
        }
    });
});
