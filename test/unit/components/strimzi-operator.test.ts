import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { values } from "../../../components/operators/strimzi";
import { charts } from "../../../config/versions";
import { repoRoot } from "../../../lib/paths";
import { Collected, collect } from "../../support/collect";

type Values = Record<string, unknown>;

/** Keys that a chart's values.yaml doesn't have; what it has as an empty list or group takes anything. */
function strangers(given: Values, known: Values, path = ""): string[] {
    const isGroup = (value: unknown): value is Values =>
        typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
    return Object.entries(given).flatMap(([key, value]) => {
        if (!(key in known)) return [`${path}${key}`];
        return isGroup(value) && isGroup(known[key]) ? strangers(value, known[key], `${path}${key}.`) : [];
    });
}

describe("Strimzi's operator", function () {
    this.timeout(60_000);
    const placement = { priorityClassName: "data-platform-platform", nodeSelector: { pool: "platform" } };
    const watched = [{ name: "dev-streaming" }] as Parameters<typeof values>[0]["watch"];

    let made: Collected;
    before(async () => {
        made = await collect({
            program: join(__dirname, "../fixtures/strimzi.ts"),
            config: { "data-platform:profile": "dev", "data-platform:images": '{"registry":"registry.test/x"}' },
        });
    });

    it("comes by an exact version, without definitions: those are made apart and stay", () => {
        const { name, version, skipCrds, namespace } = made.one("Release", "strimzi-kafka-operator").inputs;
        assert.deepEqual(
            { name, version, skipCrds, namespace },
            {
                ...{ name: "strimzi-kafka-operator", version: charts.strimzi },
                ...{ skipCrds: true, namespace: "strimzi-operator" },
            },
        );
    });

    it("makes restricted pods, and no policies beside ours", () => {
        const { extraEnvs, generateNetworkPolicy, podSecurityContext, ...others } = values({ placement });
        assert.deepEqual(extraEnvs, [{ name: "STRIMZI_POD_SECURITY_PROVIDER_CLASS", value: "restricted" }]);
        assert.equal(generateNetworkPolicy, false);
        assert.deepEqual(podSecurityContext, { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
        assert.equal(others.priorityClassName, placement.priorityClassName);
        assert.deepEqual(others.nodeSelector, placement.nodeSelector);
    });

    it("looks after every namespace, or after those that it is told", () => {
        assert.equal(values({ placement }).watchAnyNamespace, true);
        const { watchAnyNamespace, watchNamespaces } = values({ placement, watch: watched });
        assert.equal(watchAnyNamespace, undefined);
        assert.deepEqual(watchNamespaces, ["dev-streaming"]);
    });

    it("takes its images from a mirror, under upstream's paths", () => {
        assert.equal(values({ placement }).defaultImageRegistry, undefined);
        const mirror = "registry.example.com/mirror";
        assert.equal(values({ placement, mirror }).defaultImageRegistry, mirror);
    });

    it("reaches the nodes of any Kafka, and the API server, and nothing reaches it", () => {
        const policies = made
            .all("NetworkPolicy")
            .map(({ inputs }) => inputs as unknown as { metadata: { name: string; namespace: string }; spec: Values })
            .filter(({ metadata }) => metadata.namespace === "strimzi-operator");
        assert.deepEqual(policies.map(({ metadata }) => metadata.name).sort(), [
            ...["allow-dns", "default-deny", "to-api-server", "to-kafka"],
        ]);
        const toKafka = policies.find(({ metadata }) => metadata.name === "to-kafka");
        assert.deepEqual(toKafka?.spec.egress, [
            {
                to: [
                    {
                        namespaceSelector: {},
                        podSelector: {
                            matchLabels: { "strimzi.io/kind": "Kafka", "strimzi.io/component-type": "kafka" },
                        },
                    },
                ],
                ports: [9090, 9091, 8443].map((port) => ({ protocol: "TCP", port })),
            },
        ]);
        assert.ok(policies.every(({ spec }) => spec.ingress === undefined));
    });

    // Upstream's files lie beside some checkouts only.
    const upstream = join(repoRoot, "../shared/charts/strimzi-kafka-operator/values.yaml");
    if (existsSync(upstream)) {
        it("is given values that upstream's chart knows", () => {
            const known = parse(readFileSync(upstream, "utf8")) as Values;
            const given = values({ placement, watch: watched, mirror: "registry.test/m" });
            assert.deepEqual(strangers({ ...given, ...values({ placement }) }, known), []);
            assert.deepEqual(strangers({ watchNamespace: "x", resources: { limit: {} } }, known), [
                "watchNamespace",
                "resources.limit",
            ]);
            assert.equal(known.defaultImageTag, charts.strimzi);
        });
    }
});
