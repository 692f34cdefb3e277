import assert from "node:assert/strict";

import { preview, up } from "../../../engine/builtin/builtin";
import { declared } from "../../../kubernetes/diff";
import { revisions } from "../../../helm/release/storage";
import { nameOf } from "../../../kubernetes/client";
import { changed, scene } from "../../support/drills/scene";

const namespace = "drill-release";

describe("back again: an older program is brought up after a newer one", function () {
    this.timeout(120_000);
    const at = scene("release");
    const version = (program: number, colour: string) => at.stack({ values: JSON.stringify({ program }), colour });

    /** Objects as they were declared, without what the cluster gives out by itself. */
    async function objects(): Promise<Record<string, unknown>> {
        const found: Record<string, unknown> = {};
        for (const [apiVersion, kind] of [
            ["v1", "ConfigMap"],
            ["apps/v1", "Deployment"],
        ]) {
            for (const object of await at.bed.kube.list(apiVersion, kind, { namespace })) {
                const { metadata, spec, data } = declared(object) as Record<string, Record<string, unknown>>;
                const { name, labels } = metadata as { name: string; labels: unknown };
                found[nameOf({ apiVersion, kind, namespace, name })] = { labels, spec, data };
            }
        }
        return found;
    }

    it("ends with the objects that were there before, by a new revision of the release", async () => {
        await up(version(1, "green"));
        const before = await objects();
        await up(version(2, "blue"));
        assert.notDeepEqual(await objects(), before);

        const planned = changed((await preview(version(1, "green"))).changes);
        assert.deepEqual(planned, ["update ConfigMap colour", "update Release store"]);
        assert.deepEqual(changed((await up(version(1, "green"))).changes), planned);
        assert.deepEqual(await objects(), before);
        const history = (await revisions(at.bed.kube, "store", namespace)).map(({ status }) => status);
        assert.deepEqual(history, ["deployed", "superseded", "superseded"]);
        assert.deepEqual(changed((await up(version(1, "green"))).changes), []);
    });
});
