import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parseAllDocuments } from "yaml";

import { nodesApart, placements } from "../../../components/placement";
import { apartIn } from "../../../operations/doctor/cluster";
import type { Manifest } from "../../../kubernetes/objects";

/** Everything of a stack's committed tree in one of its namespaces. */
function golden(stack: string, namespace: string): Manifest[] {
    const dir = join(__dirname, "../../golden", stack, namespace);
    return readdirSync(dir, { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".yaml"))
        .flatMap((file) => parseAllDocuments(readFileSync(join(dir, file), "utf8")))
        .map((document) => document.toJS() as Manifest);
}

/** The kinds whose pods hold data, by the namespace that has them. */
const holders = {
    storage: ["StatefulSet/minio"],
    streaming: ["KafkaNodePool/brokers", "KafkaNodePool/controllers"],
    database: ["Cluster/postgresql"],
};

describe("replicas that hold data", () => {
    for (const [system, names] of Object.entries(holders)) {
        for (const name of names) {
            it(`never share a node in prod: ${name}`, () => {
                const found = golden("prod", `prod-${system}`).filter(
                    ({ kind, metadata }) => `${kind}/${metadata.name}` === name,
                );
                assert.equal(found.length, 1, `${name} is not in the tree`);
                const required = apartIn(found).filter(
                    ({ key, required: must }) => must && key === "kubernetes.io/hostname",
                );
                assert.equal(required.length, 1, `${name} may share a node`);
            });

            it(`may share one in staging, where a node may be all there is: ${name}`, () => {
                const found = golden("staging", `staging-${system}`).filter(
                    ({ kind, metadata }) => `${kind}/${metadata.name}` === name,
                );
                assert.deepEqual(
                    apartIn(found).filter(({ required }) => required),
                    [],
                );
            });
        }
    }

    it("are kept apart by their own labels, as a rule or as a wish", () => {
        const labels = { app: "x" };
        const term = { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: labels } };
        assert.deepEqual(nodesApart(labels, "required"), { requiredDuringSchedulingIgnoredDuringExecution: [term] });
        assert.deepEqual(nodesApart(labels, "preferred"), {
            preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }],
        });
    });

    it("is a matter of the platform's pods, not of ETL", () => {
        const places = placements({ platform: {}, batch: {}, podAntiAffinity: "required" });
        assert.equal(places.platform.podAntiAffinity, "required");
        assert.equal(places.batch.podAntiAffinity, undefined);
    });
});

describe("webhooks that refuse what they can't look at", () => {
    const budgets = (namespace: string) =>
        golden("prod", namespace).filter(({ kind }) => kind === "PodDisruptionBudget");

    it("have a budget in prod: cert-manager's", () => {
        const [{ metadata, spec }] = budgets("cert-manager");
        assert.equal(metadata.name, "cert-manager-webhook");
        assert.deepEqual(spec, {
            maxUnavailable: 1,
            selector: {
                matchLabels: { "app.kubernetes.io/instance": "cert-manager", "app.kubernetes.io/component": "webhook" },
            },
        });
    });
});
