import assert from "node:assert/strict";

import { preview, up } from "../../../engine/builtin/builtin";
import { ResourceRequest } from "../../../program/program";
import { dropDefinitions } from "../world";
import { changed, failure, scene } from "../../support/drills/scene";
import { collected, stacks } from "../../support/drills/stacks";
import { definition, forget } from "../../support/drills/widgets";

/** The kinds of each operator, and what must be there before an object of theirs is made. */
const operators: Record<string, RegExp> = {
    "cert-manager.io": /:CertManager::cert-manager$/,
    "kafka.strimzi.io": /:Release::strimzi-kafka-operator$/,
    "postgresql.cnpg.io": /:Job::cloudnative-pg-webhook-check$/,
    "sparkoperator.k8s.io": /:Job::spark-operator-webhook-check$/,
};

/** Custom resources that could be made before their operator takes them. */
function tooEarly(requests: ResourceRequest[], needed = operators): string[] {
    const byUrn = new Map(requests.map((request) => [request.urn, request]));
    const before = (request: ResourceRequest, seen = new Set<string>()): Set<string> => {
        for (const urn of [...request.dependencies, ...(request.parent ? [request.parent] : [])]) {
            if (seen.has(urn)) continue;
            seen.add(urn);
            const next = byUrn.get(urn);
            // A parent's own dependencies count, that it is there doesn't.
            if (next) before(next, seen);
        }
        return seen;
    };
    return requests.flatMap((request) => {
        const { apiVersion = "" } = request.inputs as { apiVersion?: string };
        const group = apiVersion.split("/")[0];
        const operator = needed[group];
        return operator && ![...before(request)].some((urn) => operator.test(urn)) ? [request.urn] : [];
    });
}

describe("F12: on an empty cluster", function () {
    this.timeout(120_000);
    const at = scene("widgets", ({ kube }) => forget(kube));
    before(async () => dropDefinitions(at.bed.kube));

    it("a preview succeeds without the definitions, and one update makes them and an object of theirs", async () => {
        const config = { definitions: "widgets-new", chart: "widgets", widget: "after" };
        const { changes } = await preview(at.stack(config));
        assert.ok(changed(changes).includes("create Widget ours"), changed(changes).join());
        assert.equal(await at.bed.kube.get(definition), undefined, "a preview has changed something");
        await up(at.stack(config));
        assert.deepEqual(changed((await up(at.stack(config))).changes), []);
    });

    it("counter-proof: an object that doesn't wait for its definition fails", async () => {
        const error = await failure(up(at.stack({ chart: "widgets-owned", widget: "before", late: "11" })));
        assert.match(error.message, /Widget drill-widgets\/ours: the cluster knows no kind Widget/);
    });

    for (const stack of stacks) {
        it(`${stack}: every object of an operator's kinds waits until its webhook has answered`, async () => {
            const { requests } = await collected(stack);
            assert.deepEqual(tooEarly(requests), []);
            const found = requests.filter(({ inputs }) => String(inputs.apiVersion).startsWith("cert-manager.io/"));
            assert.ok(found.length > 3);
        });
    }

    it("counter-proof: that look finds an object that doesn't wait", async () => {
        const { requests } = await collected("prod");
        const forgetful = requests.map((request) =>
            request.type.endsWith(":Cluster") ? { ...request, dependencies: [], parent: undefined } : request,
        );
        assert.ok(tooEarly(forgetful).some((urn) => urn.includes(":Cluster::")));
    });
});
