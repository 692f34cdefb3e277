import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

import { preview, up } from "../../../engine/builtin/builtin";
import { KubeError, KubeObject } from "../../../kubernetes/client";
import { changed, scene } from "../../support/drills/scene";
import { collected, stacks } from "../../support/drills/stacks";

const namespace = "drill-jobs";
const kind = "kubernetes:batch/v1:Job";

describe("F16: a Job can't be changed, so another version is another Job", function () {
    this.timeout(120_000);
    const at = scene("job");
    const jobs = () => at.bed.kube.list("batch/v1", "Job", { namespace });
    const imageOf = ({ spec }: KubeObject) =>
        (spec?.template as { spec: { containers: { image: string }[] } }).spec.containers[0].image;

    it("another image runs once, and exactly one Job is there afterwards", async () => {
        await up(at.stack());
        const [first, ...none] = await jobs();
        assert.equal(none.length, 0);
        assert.deepEqual(changed((await up(at.stack())).changes), [], "it ran again without a change");

        const other = at.stack({ version: "2" });
        assert.deepEqual(changed((await up(other)).changes), ["replace Job load"]);
        const after = await jobs();
        assert.deepEqual(after.map(imageOf), ["example.com/etl:2"]);
        assert.notEqual(after[0].metadata.name, first.metadata.name);
        assert.equal(after[0].status?.succeeded, 1);
        assert.deepEqual(changed((await up(other)).changes), []);
    });

    it("counter-proof: under the same name the server refuses it", async () => {
        await up(at.stack());
        const [job] = await jobs();
        const { name } = job.metadata;
        await assert.rejects(
            at.bed.kube.http.send({
                method: "PATCH",
                path: `/apis/batch/v1/namespaces/${namespace}/jobs/${name}`,
                contentType: "application/json-patch+json",
                body: [{ op: "replace", path: "/spec/template/spec/containers/0/image", value: "example.com/etl:2" }],
            }),
            (error: KubeError) => error.status === 422 && /immutable/.test(error.message),
        );
    });

    for (const stack of stacks) {
        it(`${stack}: no Job of the stack's own is deleted by the cluster when it has ended`, async () => {
            const all = (await collected(stack)).all(kind);
            assert.ok(all.length > 0);
            for (const { name, inputs } of all) {
                const spec = inputs.spec as Record<string, unknown>;
                assert.equal(spec.ttlSecondsAfterFinished, undefined, name);
            }
        });
    }

    it("counter-proof: a Job that the cluster deletes runs again at every update", async () => {
        const target = at.stack({ ttl: "0" });
        await up(target).catch(() => undefined);
        while ((await jobs()).some(({ metadata }) => metadata.name === "forgetful")) await pause(100);
        assert.deepEqual(changed((await preview(target)).changes), ["create Job forgetful"]);
    });
});
