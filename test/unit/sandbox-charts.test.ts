import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { charts } from "../../config/versions";
import { profiles } from "../../config/profiles";
import { prepareCharts } from "../../sandbox/charts";
import { moduleCharts } from "../../sandbox/charts/catalog";
import { identity } from "../../sandbox/charts/extract";
import { outputDir, repoRoot } from "../../sandbox/lib/paths";

const chartFile = (name: string) => join(outputDir, "charts", name, "Chart.yaml");

describe("charts out of Go modules", () => {
    before(async function () {
        this.timeout(300_000);
        await prepareCharts();
    });

    it("lie where the sandbox's profile looks for them", () => {
        const { sandbox } = profiles;
        assert.equal(join(repoRoot, sandbox.charts.certManager, "Chart.yaml"), chartFile("cert-manager"));
        assert.equal(join(repoRoot, sandbox.charts.sparkOperator, "Chart.yaml"), chartFile("spark-operator"));
        for (const [source] of Object.values(sandbox.crds)) {
            const folder = join(repoRoot, source.replace(/\*\.json$/, ""));
            assert.ok(readdirSync(folder).every((file) => file.endsWith(".json")) && readdirSync(folder).length >= 3);
        }
    });

    it("have the version that go.mod pins, the Spark operator's the same as upstream's chart", async () => {
        for (const chart of moduleCharts) {
            const { version, appVersion } = parse(readFileSync(chartFile(chart.name), "utf8")) as Record<
                string,
                string
            >;
            const pinned = (await identity(chart)).version;
            assert.equal(version.replace(/^v/, ""), pinned.replace(/^v/, ""));
            assert.equal(appVersion, version);
        }
        const operator = moduleCharts.find(({ name }) => name === "spark-operator");
        assert.ok(operator);
        assert.equal((await identity(operator)).version, `v${charts.sparkOperator}`);
    });

    it("have whole definitions: every label filled in, each a kind of its own", () => {
        const names = moduleCharts.flatMap(({ name }) => {
            const folder = join(outputDir, "crds", name);
            return readdirSync(folder).map((file) => {
                const text = readFileSync(join(folder, file), "utf8");
                assert.ok(!/\{\{\s*(template|include|\.Release)/.test(text), file);
                return (JSON.parse(text) as { metadata: { name: string } }).metadata.name;
            });
        });
        assert.equal(new Set(names).size, 9);
    });

    it("are left alone when they are there", async () => {
        const before = statSync(chartFile("cert-manager")).mtimeMs;
        await prepareCharts();
        assert.equal(statSync(chartFile("cert-manager")).mtimeMs, before);
    });
});
