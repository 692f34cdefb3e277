import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";

import { up } from "../../../engine/builtin/builtin";
import { count } from "../../../engine/builtin/change";
import { KubeObject } from "../../../kubernetes/client";
import { stateFile } from "../../../engine/builtin/state";
import { served, until } from "../fixtures/prod";
import { backendOf, keepBackups, recoverIn } from "../../support/drills/backend";
import { examined } from "../../support/drills/doctor";
import { volumes } from "../../support/drills/helm";
import { begin, beginHeld, kill } from "../../support/drills/killed";
import { failure, scene } from "../../support/drills/scene";

const namespace = "drill-interrupted";
const widget = { apiVersion: "recover.data-platform.io/v1", kind: "Widget", namespace, name: "widget" };
const definition: KubeObject = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.recover.data-platform.io" },
    spec: {
        group: "recover.data-platform.io",
        names: { plural: "widgets", singular: "widget", kind: "Widget" },
        scope: "Namespaced",
        versions: [
            {
                ...{ name: "v1", served: true, storage: true },
                schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
            },
        ],
    },
};

describe("F1: an update that was killed half-way", function () {
    this.timeout(180_000);
    const at = scene("interrupted");
    keepBackups();
    after("the kind goes", async () => {
        const { apiVersion, kind, metadata } = definition;
        await at.bed.kube.delete({ apiVersion, kind, name: metadata.name });
        await until(
            "widgets are served no more",
            async () => !(await served(at.bed.kube, widget.apiVersion, "Widget")),
        );
    });

    it("while Helm was at work: doctor names it, recover mends it, the next update comes to an end", async () => {
        const stack = at.stack({ hold: "true" });
        await kill(await beginHeld({ bed: at.bed, target: stack, namespace }));
        const claims = await volumes(at.bed, namespace);

        const sick = await examined(stack);
        assert.equal(sick.code, 3);
        assert.match(sick.said, new RegExp(`DP-HELM-001 .*Release ${namespace}/tiny`));
        assert.match(sick.said, /DP-STACK-002 .*Release tiny/);

        const { done, plan } = await recoverIn(at.bed, stack);
        assert.deepEqual(
            done.map(({ action }) => action.do),
            ["take-away", "settle"],
        );
        assert.deepEqual(plan.left, []);
        assert.deepEqual((await recoverIn(at.bed, stack)).plan.steps, []);
        assert.doesNotMatch((await examined(stack)).said, /DP-(HELM-001|STACK-002)/);

        const whole = at.stack({});
        await up(whole);
        const again = count((await up(whole)).changes);
        assert.equal(again.same, again.create + again.update + again.replace + again.delete + again.same);
        assert.deepEqual(await volumes(at.bed, namespace), claims);
    });

    it("while an object was being made: what is there is taken in, what isn't is forgotten, what is another's is named", async () => {
        const stack = at.stack({ release: "no", widget: "true" });
        const backend = backendOf(stack);
        const creating = async () =>
            (await backend.state(stack.stack)).pending.flatMap(({ kind, resource: { object } }) =>
                kind === "creating" && object ? [object.name] : [],
            );
        await kill(await begin(stack, async () => (await creating()).includes("widget")));
        const file = stateFile(stack.dir, stack.stack);
        const asKilled = readFileSync(file, "utf8");

        // It isn't there: nothing to take in.
        const { plan } = await recoverIn(at.bed, stack);
        assert.match(plan.steps[0].found.join("\n"), /creating Widget drill-interrupted\/widget: it was not made/);
        assert.deepEqual(await creating(), []);

        // It is there: the server had made it, and the answer was lost.
        writeFileSync(file, asKilled);
        await at.bed.kube.create(definition);
        await until("widgets are served", () => served(at.bed.kube, widget.apiVersion, widget.kind));
        const object = { ...named(), spec: { size: 1 } };
        const { metadata } = await at.bed.kube.apply(object, {});
        await recoverIn(at.bed, stack);
        assert.deepEqual((await backend.state(stack.stack)).pending, []);
        const { changes } = await up(stack);
        assert.notEqual(changes.find(({ name }) => name === "widget")?.operation, "create");
        assert.equal((await at.bed.kube.get(widget))?.metadata.uid, metadata.uid);

        // It is there, and somebody else has made it.
        await at.bed.kube.delete(widget);
        await until("it is gone", async () => !(await at.bed.kube.get(widget)));
        await at.bed.kube.http.send({
            method: "PATCH",
            path: `/apis/${widget.apiVersion}/namespaces/${namespace}/widgets/widget?fieldManager=their-operator`,
            contentType: "application/apply-patch+yaml",
            body: { ...named(), spec: { size: 7 } },
        });
        writeFileSync(file, asKilled);
        const theirs = await recoverIn(at.bed, stack);
        assert.match(theirs.plan.left[0].found, /belongs to their-operator/);
        assert.match((await failure(up(stack))).message, /exists already and was not made by this stack/);
        assert.deepEqual((await at.bed.kube.get(widget))?.spec, { size: 7 });
        await at.bed.kube.delete(widget);
    });

    it("counter-proof: what is there forgotten instead of taken in, and the next update refuses to go on", async () => {
        const stack = at.stack({ release: "no", widget: "true" });
        await up(stack);
        const file = stateFile(stack.dir, stack.stack);
        const contents = JSON.parse(readFileSync(file, "utf8")) as { entries: { name: string; pending?: boolean }[] };
        for (const entry of contents.entries) if (entry.name === "widget") entry.pending = true;
        writeFileSync(file, JSON.stringify(contents));
        const asKilled = readFileSync(file, "utf8");

        await backendOf(stack).settlePending(stack.stack, []);
        assert.match((await failure(up(stack))).message, /exists already and was not made by this stack/);

        writeFileSync(file, asKilled);
        await recoverIn(at.bed, stack);
        assert.equal(count((await up(stack)).changes).create, 0);
    });
});

function named(): KubeObject {
    const { apiVersion, kind, name } = widget;
    return { apiVersion, kind, metadata: { name, namespace } };
}
