import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parse as parseYaml } from "yaml";

import { closedAddresses } from "../../config/addresses";
import { parse } from "../../config/parse";
import { networkChecks } from "../../operations/doctor/network";
import { CachedReader } from "../../operations/doctor/cluster-reader";
import type { CheckContext } from "../../operations/doctor/check";
import type { KubeObject } from "../../kubernetes/client";
import { readKubeconfig } from "../../kubernetes/kubeconfig";
import { repoRoot } from "../../lib/paths";
import { Bed, useBed } from "./bed";

interface Policy extends KubeObject {
    spec: { egress?: { to?: { ipBlock?: { cidr: string; except?: string[] } }[] }[] };
}

describe("the ways out, on a real API server", function () {
    this.timeout(600_000);
    let bed: Bed;
    const made: string[] = [];

    this.beforeAll(async () => {
        bed = await useBed();
    });

    this.afterAll(async () => {
        for (const name of made) await bed.kube.delete({ apiVersion: "v1", kind: "Namespace", name });
    });

    for (const stack of ["prod", "sandbox"]) {
        it(`every policy of ${stack} is taken as it is rendered`, async () => {
            const policies = globSync(join(repoRoot, `test/golden/${stack}/*/NetworkPolicy.*.yaml`)).map(
                (file) => parseYaml(readFileSync(file, "utf8")) as Policy,
            );
            assert.ok(policies.length > 30, `only ${policies.length} policies`);
            for (const name of new Set(policies.map(({ metadata }) => String(metadata.namespace)))) {
                await bed.kube.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } }, { force: true });
                if (!made.includes(name)) made.push(name);
            }
            let open = 0;
            for (const policy of policies) {
                const taken = (await bed.kube.create(policy, { dryRun: true })) as Policy;
                const blocks = ({ spec }: Policy) =>
                    (spec.egress ?? []).flatMap(({ to }) => (to ?? []).flatMap(({ ipBlock }) => ipBlock ?? []));
                assert.deepEqual(blocks(taken), blocks(policy), policy.metadata.name);
                open += blocks(taken).length;
            }
            assert.ok(open > 8, "none of them opens addresses");
        });
    }

    it("which looks at what a range leaves out", async () => {
        const [namespace] = made;
        const wrong = { cidr: "10.0.0.0/8", except: [closedAddresses[0]] };
        const policy = {
            apiVersion: "networking.k8s.io/v1",
            kind: "NetworkPolicy",
            metadata: { name: "wrong", namespace },
            spec: { podSelector: {}, egress: [{ to: [{ ipBlock: wrong }] }] },
        };
        await assert.rejects(bed.kube.create(policy, { dryRun: true }), /must be a strict subset of `cidr`/);
    });

    const look = async (kubernetes: object) => {
        const registry = { images: { registry: "registry.example.com/data-platform" } };
        const config = parse({ profile: "dev", ...registry, kubernetes }, "dev");
        const situation = { config, cluster: new CachedReader(bed.kube) } as Partial<CheckContext> as CheckContext;
        return (await Promise.all(networkChecks("dev").map((each) => each.run(situation)))).flat();
    };

    it("doctor finds where the API server is, proposes it, and is content with its own proposal", async () => {
        // It names none of its own while it listens on loopback, and one side alone is no proposal.
        assert.equal((await look({}))[0].level, "info");
        const listens = Number(new URL(readKubeconfig(bed.kubeconfig).server).port);
        const behind = {
            apiVersion: "discovery.k8s.io/v1",
            kind: "EndpointSlice",
            metadata: {
                name: "kubernetes-behind",
                namespace: "default",
                labels: { "kubernetes.io/service-name": "kubernetes" },
            },
            addressType: "IPv4",
            endpoints: [{ addresses: ["192.0.2.10"] }, { addresses: ["192.0.2.11"] }],
            ports: [{ name: "https", port: listens, protocol: "TCP" }],
        };
        await bed.kube.create(behind);
        const { name, namespace } = behind.metadata;
        const away = () => bed.kube.delete({ apiVersion: behind.apiVersion, kind: behind.kind, name, namespace });
        await proposal(listens).finally(away);
    });

    const proposal = async (listens: number) => {
        const [found, ...others] = await look({});
        assert.deepEqual([found.id, found.level, others], ["DP-NETWORK-001", "warning", []]);
        const values = (key: string) =>
            [...(found.fix ?? "").matchAll(new RegExp(`apiServer\\.${key}\\[\\d+\\]' (\\S+?)(;|$)`, "g"))].map(
                ([, value]) => value,
            );
        const cidrs = values("cidrs");
        const ports = values("ports").map(Number);
        const service = (await bed.kube.get({
            apiVersion: "v1",
            kind: "Service",
            name: "kubernetes",
            namespace: "default",
        })) as (KubeObject & { spec: { clusterIP: string } }) | undefined;
        assert.ok(cidrs.includes(`${service?.spec.clusterIP}/32`) && cidrs.length === 3, cidrs.join());
        assert.deepEqual(
            ports,
            [443, listens].sort((a, b) => a - b),
        );
        const [content] = await look({ apiServer: { cidrs, ports } });
        assert.equal(content.level, "passed", content.message);
        const [half] = await look({ apiServer: { cidrs: cidrs.slice(1), ports: [443] } });
        assert.equal(half.level, "error");
        assert.match(half.message, new RegExp(`doesn't hold ${service?.spec.clusterIP} \\(the Service's own\\)`));
        assert.match(half.message, new RegExp(`ports doesn't hold ${listens} \\(behind it\\)`));
    };

    it("doctor says that this cluster knows nothing of Cilium", async () => {
        const found = (await look({ networkPlugin: "cilium" })).find(({ id }) => id === "DP-NETWORK-003");
        assert.equal(found?.level, "error");
        assert.match(found?.message ?? "", /doesn't know CiliumNetworkPolicies/);
    });
});
