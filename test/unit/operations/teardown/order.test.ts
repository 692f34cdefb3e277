import assert from "node:assert/strict";

import { isOperated } from "../../../../operations/teardown/names";
import type { ResourceRequest } from "../../../../program/program";
import { Collected, collect } from "../../../support/collect";
import { bareConfig } from "../../../integration/fixtures/prod";

/** Resources that have to be there until an object of a group is gone, by type and logical name. */
const operators: Record<string, string> = {
    "kafka.strimzi.io": "strimzi-kafka-operator",
    "postgresql.cnpg.io": "cloudnative-pg",
    "cert-manager.io": "cert-manager",
    "sparkoperator.k8s.io": "spark-operator",
    "keda.sh": "keda",
};

/** All that a resource needs, and what that needs: what goes after it. */
function needs(request: ResourceRequest, all: Map<string, ResourceRequest>): Set<string> {
    const found = new Set<string>();
    const queue = [request];
    for (let next = queue.pop(); next; next = queue.pop()) {
        for (const urn of [...next.dependencies, ...(next.parent ? [next.parent] : [])]) {
            const other = all.get(urn);
            if (!other || found.has(urn)) continue;
            found.add(urn);
            queue.push(other);
        }
    }
    return found;
}

/** Objects of operators' kinds that could be deleted after their operator, in the words of messages. */
function unordered({ requests }: Collected): { checked: number; wrong: string[] } {
    const all = new Map(requests.map((request) => [request.urn, request]));
    const isOperator = (urn: string, name: string) => {
        const { type, name: own } = all.get(urn) as ResourceRequest;
        return own === name && /:(Release|CertManager)$/.test(type);
    };
    const objects = requests.filter(
        ({ custom, inputs, type }) =>
            custom && isOperated(String(inputs.apiVersion)) && !type.endsWith(":CustomResourceDefinition"),
    );
    const wrong = objects.filter((object) => {
        const operator = operators[String(object.inputs.apiVersion).split("/")[0]];
        return ![...needs(object, all)].some((urn) => isOperator(urn, operator));
    });
    return { checked: objects.length, wrong: wrong.map(({ type, name }) => `${type} ${name}`) };
}

describe("what an operator has to let go", function () {
    this.timeout(120_000);
    let prod: Collected;
    this.beforeAll(async () => {
        prod = await collect({ stack: "prod", config: bareConfig("prod") });
    });

    it("goes before it, in prod: Kafka, topics, users, servers, databases, certificates", () => {
        const { checked, wrong } = unordered(prod);
        assert.ok(checked > 25, `only ${checked} objects`);
        assert.deepEqual(wrong, []);
    });

    // That a scaler needs KEDA is seen in etl-scaling.test.ts.
    it("goes before it: Spark jobs, once and by a schedule", async () => {
        const program = require.resolve("../../fixtures/spark.ts");
        const { requests } = await collect({ program, config: { "data-platform:profile": "sandbox" } });
        const jobs = requests.filter(({ type }) => /sparkoperator/.test(type));
        assert.ok(jobs.length >= 2, requests.map(({ type }) => type).join());
        assert.deepEqual(unordered(new Collected(requests, {})).wrong, []);
    });

    it("counter-proof: is found when an object doesn't depend on its operator", () => {
        const cut = prod.requests.map((request) =>
            request.inputs.kind === "KafkaNodePool" ? { ...request, dependencies: [] } : request,
        );
        assert.ok(unordered(new Collected(cut, {})).wrong.length > 0);
    });
});
