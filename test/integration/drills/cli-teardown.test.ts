import assert from "node:assert/strict";

import { reportText, teardown, TeardownOptions, TeardownStuck } from "../../../operations/teardown";
import { revisions } from "../../../helm/release/storage";
import { dropDefinitions } from "../world";
import { useBed } from "../bed";
import { until } from "../fixtures/prod";
import { cliScene, stack } from "../../support/drills/cli";
import { defineTopics, letAllGo, operate, strayTopic } from "../../support/drills/going";
import { failure } from "../../support/drills/scene";

const namespace = { apiVersion: "v1", kind: "Namespace", name: `${stack}-jobs` };

describe("F9, F14, F17 with the Pulumi CLI: teardown", function () {
    this.timeout(300_000);
    afterEach("what a stack has left goes", async () => {
        await letAllGo();
        const { kube } = await useBed();
        await kube.delete(namespace);
        await until("it is gone", async () => (await kube.get(namespace)) === undefined);
    });
    const at = cliScene("going.ts");
    this.beforeAll(defineTopics);
    this.afterAll(async () => dropDefinitions((await useBed()).kube));

    async function up(parts: string): Promise<void> {
        await at.configure({ with: parts });
        await at.backend.up(stack);
    }
    const tearDown = (options: TeardownOptions = {}) =>
        teardown({
            ...{ backend: at.backend, kube: at.bed.kube, stack },
            options: { interval: 300, grace: 0, ...options },
        });

    it("F9: goes with what the state doesn't know while its operator is there, and removes the stack", async () => {
        await up("operator topic");
        await at.bed.kube.create(strayTopic(stack, "stray"));
        const end = operate(at.bed.kube, namespace.name);
        const report = await tearDown({ remove: true }).finally(end);
        assert.deepEqual(
            [report.outside, report.left, report.removed],
            [[`KafkaTopic ${namespace.name}/stray`], [], true],
        );
        assert.ok(report.counts.delete >= 3, JSON.stringify(report.counts));
        assert.equal(await at.backend.find(stack), undefined);
        assert.equal((await tearDown({ remove: true })).nothing, true);
    });

    it("F9: stops in good order when something doesn't go, goes on with the flag", async () => {
        await up("topic");
        const started = Date.now();
        const error = await failure(tearDown({ objectTimeout: 4_000 }));
        assert.ok(error instanceof TeardownStuck, error.render());
        assert.equal(error.stuck[0].object, `KafkaTopic ${namespace.name}/flights`);
        assert.ok(Date.now() - started < 60_000);
        assert.deepEqual(await at.backend.locks(stack), [], "the CLI has ended by itself and taken its lock along");
        const report = await tearDown({ clearFinalizers: true });
        assert.equal(report.cleared.length, 1);
        assert.equal(await at.bed.kube.get(namespace), undefined);
    });

    it("F14: a release that Helm knows nothing of doesn't stop it; without that a destroy ends there for good", async () => {
        await up("release");
        for (const { stored } of await revisions(at.bed.kube, "store", namespace.name))
            await at.bed.kube.delete(stored);
        assert.match((await failure(at.backend.destroy(stack))).render(), /release:? not found/i);
        const report = await tearDown();
        assert.match(reportText(report), /Helm knows nothing of the release/);
        assert.equal(await at.bed.kube.get(namespace), undefined);
        assert.equal((await tearDown()).nothing, true);
    });

    it("F17: a cluster that is gone is refused, and forgotten with the flag", async () => {
        await up("release kept protected");
        const elsewhere = await at.elsewhere();
        const dead = { backend: elsewhere, stack, unreachable: new Error("connect ECONNREFUSED 127.0.0.1:1") };
        assert.match((await failure(teardown(dead))).message, /does not answer, and nothing was changed/);
        const refused = await failure(teardown({ ...dead, options: { clusterGone: true } }));
        assert.match(refused.message, /has what is protected/);
        const report = await teardown({ ...dead, options: { clusterGone: true, unprotect: true, remove: true } });
        assert.deepEqual([report.removed, typeof report.backup], [true, "string"]);
        assert.equal(await at.backend.find(stack), undefined);
        for (const name of ["drill-storage", "drill-jobs"]) {
            await at.bed.kube.delete({ ...namespace, name });
        }
        await at.bed.kube.delete({
            apiVersion: "rbac.authorization.k8s.io/v1",
            kind: "ClusterRole",
            name: "drill-kept",
        });
    });
});
