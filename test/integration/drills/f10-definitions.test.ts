import assert from "node:assert/strict";

import { destroy, up } from "../../../engine/builtin/builtin";
import { KubeObject } from "../../../kubernetes/client";
import { definition, forget, knowsColour, makeTheirs, theirs } from "../../support/drills/widgets";
import { changed, scene } from "../../support/drills/scene";

describe("F10: definitions of custom resources outlive a stack, and are upgraded with it", function () {
    this.timeout(120_000);
    const at = scene("widgets", ({ kube }) => forget(kube));

    it("stay with everybody's objects when the stack is destroyed", async () => {
        const target = at.stack({ definitions: "widgets-old", chart: "widgets", widget: "after" });
        await up(target);
        await makeTheirs(at.bed.kube);
        await destroy(target);
        assert.ok(await at.bed.kube.get(definition), "the definition is gone");
        assert.deepEqual(((await at.bed.kube.get(theirs)) as KubeObject).spec, { size: 7 });
    });

    it("counter-proof: definitions that a release owns take everybody's objects along", async () => {
        const target = at.stack({ chart: "widgets-owned" });
        await up(target);
        await makeTheirs(at.bed.kube);
        await destroy(target);
        assert.equal(await at.bed.kube.get(definition), undefined);
        assert.equal(await at.bed.kube.get(theirs), undefined);
    });

    it("are upgraded, whoever made the older ones, so that a field of the newer schema is taken", async () => {
        await up(at.stack({ definitions: "widgets-old" }));
        await makeTheirs(at.bed.kube);
        assert.equal(await knowsColour(at.bed.kube), false);
        // Another stack: to it they are somebody else's.
        const { changes } = await up(at.stack({ definitions: "widgets-new", chart: "widgets" }, "newer"));
        assert.ok(changed(changes).includes("create ConfigMap widgets"), changed(changes).join());
        assert.equal(await knowsColour(at.bed.kube), true);
        assert.deepEqual(((await at.bed.kube.get(theirs)) as KubeObject).spec, { size: 7 });
    });

    it("counter-proof: Helm leaves definitions in a chart's crds/ as they are", async () => {
        await up(at.stack({ definitions: "widgets-old" }));
        await makeTheirs(at.bed.kube);
        await up(at.stack({ chart: "widgets" }, "newer"));
        assert.equal(await knowsColour(at.bed.kube), false);
    });
});
