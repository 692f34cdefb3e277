import assert from "node:assert/strict";

import { checked } from "../../../components/cluster-plane/shared";
import { ConfigError } from "../../../config/errors";
import { parse } from "../../../config/parse";
import { ResourceRequest } from "../../../program/program";
import { Collected, collect } from "../../support/collect";

const registry = { images: { registry: "registry.example.com/data-platform" } };
const text = (config: Record<string, unknown>) =>
    Object.fromEntries(
        Object.entries(config).map(([key, value]) => [
            `data-platform:${key}`,
            typeof value === "string" ? value : JSON.stringify(value),
        ]),
    );

describe("the cluster plane", () => {
    let own: Collected;
    let shared: Collected;
    const plane = { shareable: true, issuer: "main-platform-ca", namespaces: { strimzi: "strimzi-operator" } };

    before(async function () {
        this.timeout(120_000);
        own = await collect({
            stack: "dev",
            config: text({ profile: "dev", ...registry, cluster: { shareable: true } }),
        });
        shared = await collect({
            stack: "pr-1",
            config: text({ profile: "dev", ...registry, cluster: { mode: "shared", stack: "main" } }),
            stackOutputs: () => Promise.resolve({ outputs: { clusterPlaneOutput: plane }, secretOutputs: [] }),
        });
    });

    it("comes whole where other stacks share it, and its operators watch every namespace", () => {
        const releases = own.all("Release").map(({ name }) => name);
        for (const name of ["spark-operator", "strimzi-kafka-operator", "cloudnative-pg"]) {
            assert.ok(releases.includes(name), name);
        }
        const values = (name: string) => own.one("Release", name).inputs.values as Record<string, unknown>;
        assert.equal(values("strimzi-kafka-operator").watchAnyNamespace, true);
        assert.deepEqual((values("spark-operator").spark as { jobNamespaces: string[] }).jobNamespaces, [""]);
        assert.equal(own.all("PriorityClass").length, 3);
        const output = own.outputs.clusterPlaneOutput as typeof plane;
        assert.deepEqual([output.shareable, output.issuer], [true, "dev-platform-ca"]);
    });

    it("of another stack is used and not made again", () => {
        const clusterWide = ["PriorityClass", "ClusterIssuer", "CertManager", "data-platform:cluster:Crds"];
        for (const type of clusterWide) {
            assert.deepEqual(shared.all(type), [], type);
            assert.ok(own.all(type).length > 0, type);
        }
        const namespaces = shared.all("Namespace").map(({ name }) => name);
        assert.ok(namespaces.every((name) => name.startsWith("pr-1-")) && namespaces.length === 6, namespaces.join());
        const issuer = ({ inputs }: ResourceRequest) =>
            (inputs as { spec: { issuerRef: { name: string } } }).spec.issuerRef.name;
        assert.deepEqual([...new Set(shared.all("Certificate").map(issuer))], ["main-platform-ca"]);
    });

    it("batch never makes room for itself, and platform comes before critical comes before batch", () => {
        const classes = own
            .all("PriorityClass")
            .map(({ inputs }) => inputs as { value: number; preemptionPolicy: string });
        const [platform, critical, batch] = classes;
        assert.ok(platform.value > critical.value && critical.value > batch.value);
        assert.deepEqual([critical.preemptionPolicy, batch.preemptionPolicy], ["PreemptLowerPriority", "Never"]);
    });

    it("says plainly what is wrong with the other stack's", () => {
        const config = parse({ profile: "dev", ...registry, cluster: { mode: "shared", stack: "main" } }, "pr-1");
        const refused = (found: typeof plane | undefined, reason: RegExp) =>
            assert.throws(
                () => checked(found, "organization/data-platform/main", config),
                (error) => error instanceof ConfigError && reason.test(error.problems[0].message),
            );
        refused(undefined, /has no output clusterPlaneOutput.*bring it up first/);
        refused({ ...plane, shareable: false }, /set cluster.shareable to true there/);
        refused(
            { ...plane, namespaces: {} as typeof plane.namespaces },
            /has no Strimzi, for eventStream.kind strimzi/,
        );
        assert.equal(checked(plane, "main", config), plane);
    });
});
