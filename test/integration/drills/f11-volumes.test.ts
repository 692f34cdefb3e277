import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

import { destroy, up } from "../../../engine/builtin/builtin";
import { identityOf, KubeObject } from "../../../kubernetes/client";
import { bare, scene } from "../../support/drills/scene";

const kept = { apiVersion: "v1", kind: "Namespace", name: "drill-storage" };

const elsewhere = { ...kept, name: "drill-elsewhere" };

describe("F11: volumes go with a stack that is to leave nothing, and stay with one that keeps its data", function () {
    this.timeout(120_000);
    const at = scene("volumes", async ({ kube }) => {
        for (const each of [kept, elsewhere]) await kube.delete(each);
        while ((await volumes()).length > 0 || (await kube.get(kept)) || (await kube.get(elsewhere))) await pause(200);
    });
    const volumes = () => at.bed.kube.list("v1", "PersistentVolume");
    const claims = () => at.bed.kube.list("v1", "PersistentVolumeClaim");
    const uids = (objects: KubeObject[]) => objects.map(({ metadata }) => metadata.uid);

    it("leaves neither claims nor volumes", async () => {
        await up(at.stack());
        assert.deepEqual([(await claims()).length, (await volumes()).length], [1, 1]);
        await destroy(at.stack());
        assert.deepEqual([await claims(), await volumes()], [[], []]);
    });

    it("counter-proof: where the namespace isn't the stack's, Helm leaves the claim and its volume behind", async () => {
        await at.bed.kube.create(bare(elsewhere));
        const target = at.stack({ into: elsewhere.name });
        await up(target);
        await destroy(target);
        assert.deepEqual([(await claims()).length, (await volumes()).length], [1, 1]);
    });

    it("keeps both where the stack keeps its data, and another update binds the same ones", async () => {
        const target = at.stack({ retain: "true" });
        await up(target);
        const before = [uids(await claims()), uids(await volumes())];
        await destroy(target);
        assert.deepEqual([uids(await claims()), uids(await volumes())], before);
        await up(target);
        assert.deepEqual([uids(await claims()), uids(await volumes())], before);
        const [claim] = await claims();
        assert.equal(claim.status?.phase, "Bound");
        assert.equal(identityOf(claim).namespace, kept.name);
    });

    it("counter-proof: without `retain` another update begins with an empty volume", async () => {
        const target = at.stack();
        await up(target);
        const before = uids(await claims());
        await destroy(target);
        await up(target);
        assert.notDeepEqual(uids(await claims()), before);
    });
});
