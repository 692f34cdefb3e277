import assert from "node:assert/strict";

import { TeardownStuck } from "../../../operations/teardown";
import type { KubeObject } from "../../../kubernetes/client";
import { dropDefinitions } from "../world";
import { backendOf } from "../../support/drills/backend";
import {
    defineTopics,
    hasty,
    letAllGo,
    operate,
    strayTopic,
    tearDown,
    topicOf,
    upWith,
} from "../../support/drills/going";
import { scene } from "../../support/drills/scene";

/** Error of a teardown that can't go on. */
async function stuck(work: Promise<unknown>): Promise<TeardownStuck> {
    const error: unknown = await work.then(
        () => assert.fail("it went well"),
        (reason: unknown) => reason,
    );
    assert.ok(error instanceof TeardownStuck, String(error instanceof Error ? error.stack : error));
    return error;
}

describe("F9: objects that wait for a dead operator, and namespaces that don't go", function () {
    this.timeout(120_000);
    this.beforeAll(async function () {
        this.timeout(300_000);
        await defineTopics();
    });
    afterEach(letAllGo);
    const at = scene("going.ts");
    const namespace = (stack: string) =>
        at.bed.kube.get({ apiVersion: "v1", kind: "Namespace", name: `${stack}-jobs` });
    this.afterAll(() => dropDefinitions(at.bed.kube));

    it("goes while its operator is there, which goes after what needs it", async () => {
        const target = await upWith(at.stack(), "operator topic");
        const end = operate(at.bed.kube, "drill-jobs");
        const report = await tearDown(at.bed, target).finally(end);
        assert.deepEqual([report.nothing, report.cleared, report.left], [false, [], []]);
        assert.equal(await namespace("drill"), undefined);
    });

    it("counter-proof: without that order the operator is gone before it could let the object go", async () => {
        const target = await upWith(at.stack(), "operator topic no-order");
        const end = operate(at.bed.kube, "drill-jobs");
        const { stuck: told } = await stuck(tearDown(at.bed, target, hasty)).finally(end);
        assert.equal(told[0].object, "KafkaTopic drill-jobs/flights");
    });

    it("deletes what the state doesn't know while there is an operator that lets it go", async () => {
        const target = await upWith(at.stack(), "operator topic");
        await at.bed.kube.create(strayTopic("drill", "stray"));
        const end = operate(at.bed.kube, "drill-jobs");
        const report = await tearDown(at.bed, target).finally(end);
        assert.deepEqual(report.outside, ["KafkaTopic drill-jobs/stray"]);
        assert.equal(await namespace("drill"), undefined);
    });

    it("counter-proof: a destroy alone leaves it to a namespace whose operator has gone", async () => {
        const target = await upWith(at.stack(), "operator topic");
        await at.bed.kube.create(strayTopic("drill", "stray"));
        const end = operate(at.bed.kube, "drill-jobs");
        const signal = AbortSignal.timeout(12_000);
        await assert.rejects(backendOf(target).destroy("drill", { signal })).finally(end);
        assert.ok((await namespace("drill"))?.metadata.deletionTimestamp);
        assert.ok(await at.bed.kube.get(topicOf(target, "stray")));
    });

    it("ends in its time when the operator is dead, and finishes with the flag; a neighbour's are left alone", async () => {
        const neighbour = await upWith(at.stack({}, "neighbour"), "topic");
        await at.bed.kube.delete(topicOf(neighbour));
        const target = await upWith(at.stack(), "topic");
        const started = Date.now();
        const error = await stuck(tearDown(at.bed, target, hasty));
        assert.ok(Date.now() - started < 30_000, "it took longer than it may");
        assert.match(error.message, /^KafkaTopic drill-jobs\/flights did not go in the time it has/);
        const [told] = error.stuck;
        assert.ok(told.finalizers.includes("strimzi.io/topic-operator"));
        assert.deepEqual(told.controller, { name: "Strimzi's topic operator", running: false });
        assert.match(error.render(), /held by strimzi\.io\/topic-operator.*\n.*of which no pod runs/);
        assert.match(error.render(), /fix: .*data-platform teardown --stack drill --clear-finalizers/);
        assert.ok(await at.bed.kube.get(topicOf(target)), "nothing is cleared unless somebody says so");

        const report = await tearDown(at.bed, target, { clearFinalizers: true });
        assert.deepEqual(report.cleared, ["KafkaTopic drill-jobs/flights: strimzi.io/topic-operator"]);
        assert.equal(await namespace("drill"), undefined);
        const { finalizers } = (await at.bed.kube.get(topicOf(neighbour)))?.metadata ?? {};
        assert.ok(finalizers?.includes("strimzi.io/topic-operator"));
        const again = await tearDown(at.bed, target, { clearFinalizers: true });
        assert.deepEqual([again.nothing, again.cleared], [true, []]);
    });

    it("clears nothing of an operator that runs, nor of one that it doesn't know", async () => {
        const target = await upWith(at.stack(), "operator topic");
        const runs = await stuck(tearDown(at.bed, target, { ...hasty, clearFinalizers: true }));
        assert.deepEqual(runs.stuck[0].controller?.running, true);
        assert.match(runs.render(), /kubectl logs -n drill-jobs -l strimzi\.io\/name=kafka-entity-operator/);
        await letAllGo();

        const other = await upWith(at.stack({}, "other"), "topic", { finalizer: "example.com/somebody" });
        const unknown = await stuck(tearDown(at.bed, other, { ...hasty, clearFinalizers: true }));
        assert.deepEqual([unknown.stuck[0].clearable, unknown.stuck[0].controller], [false, undefined]);
        assert.match(unknown.render(), /whoever put example\.com\/somebody on it/);
        assert.ok(await at.bed.kube.get(topicOf(other)));
    });

    it("names the part of the API that is dead, when a namespace can't go because of it", async () => {
        const dead: KubeObject = {
            apiVersion: "apiregistration.k8s.io/v1",
            kind: "APIService",
            metadata: { name: "v1.dead.example.com" },
            spec: {
                ...{ group: "dead.example.com", version: "v1", groupPriorityMinimum: 100, versionPriority: 100 },
                ...{ insecureSkipTLSVerify: true, service: { namespace: "nowhere", name: "nobody" } },
            },
        };
        const target = await upWith(at.stack(), "");
        await at.bed.kube.create(dead);
        try {
            // The API server finds out only after some seconds.
            const error = await stuck(tearDown(at.bed, target, { objectTimeout: 12_000 }));
            assert.equal(error.stuck[0].object, "Namespace drill-jobs");
            assert.match(error.render(), /can't reach APIService v1\.dead\.example\.com \(Service nowhere\/nobody/);
            assert.match(error.stuck[0].fix, /kubectl delete apiservice v1\.dead\.example\.com/);
        } finally {
            await at.bed.kube.delete({ ...dead, name: dead.metadata.name });
        }
        assert.equal((await tearDown(at.bed, target)).left.length, 0);
    });
});
