import assert from "node:assert/strict";

import { helmTemplate } from "../../../helm/template";
import { certManagerType, releaseInside } from "../../../program/cert-manager";
import { preview, up } from "../../../engine/builtin/builtin";
import { prepareCharts } from "../../../tools/charts";
import { secretHashes } from "../world";
import { changed, scene } from "../../support/drills/scene";
import { collected } from "../../support/drills/stacks";

const namespace = "drill-passwords";

describe("F7: passwords stay the same over any number of updates", function () {
    this.timeout(180_000);
    const at = scene("password");

    it("is the same when applied twice, and with a change of something else; raising `rotation` changes it", async () => {
        const hashes = () => secretHashes(at.bed.kube, [namespace]);
        await up(at.stack());
        const first = await hashes();
        assert.deepEqual(Object.keys(first), [`${namespace}/login`]);
        assert.deepEqual(changed((await up(at.stack())).changes), []);
        assert.deepEqual(await hashes(), first);
        assert.deepEqual(changed((await up(at.stack({ colour: "blue" }))).changes), ["update Release store"]);
        assert.deepEqual(await hashes(), first);
        await up(at.stack({ colour: "blue", rotation: "2" }));
        assert.notDeepEqual(await hashes(), first);
    });

    it("counter-proof: a password that a chart makes up is another one at each update, which never comes to an end", async () => {
        const config = { madeUp: "true" };
        const hashes = () => secretHashes(at.bed.kube, [namespace]);
        await up(at.stack(config));
        const first = await hashes();
        assert.deepEqual(changed((await preview(at.stack(config))).changes), ["update Release store"]);
        await up(at.stack(config));
        const second = await hashes();
        assert.equal(second[`${namespace}/login`], first[`${namespace}/login`]);
        assert.notEqual(second[`${namespace}/made-up`], first[`${namespace}/made-up`]);
    });

    it("no chart of the sandbox makes up anything: rendered twice, each comes out in the same bytes", async () => {
        await prepareCharts();
        const { requests } = await collected("sandbox");
        const releases = requests.flatMap((request) => {
            if (request.type === certManagerType) return [releaseInside(request).inputs];
            return request.type.endsWith(":Release") ? [request.inputs] : [];
        });
        assert.ok(releases.length >= 6, `${releases.length} releases`);
        for (const inputs of releases) {
            const chart = inputs as { name: string; namespace: string; chart: string; values: Record<string, unknown> };
            const [one, other] = [await helmTemplate(chart), await helmTemplate(chart)];
            assert.equal(JSON.stringify(one), JSON.stringify(other), chart.name);
        }
    });

    it("counter-proof: that look finds a chart that does", async () => {
        const chart = {
            ...{ name: "store", namespace, chart: "./test/integration/fixtures/charts/staged" },
            values: { madeUp: true },
        };
        assert.notDeepEqual(await helmTemplate(chart), await helmTemplate(chart));
    });
});
