import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { directoryForms } from "../../../program/sources";
import { UserError } from "../../../lib/errors";
import { isAccepted } from "../../../tools/helm";
import { ChartRepository, packChart, Packed } from "../../support/chart-repository";
import { rendered } from "../../support/rendered";

/** Nothing listens there. */
const nowhere = "http://127.0.0.1:9";

describe("a chart that is elsewhere", () => {
    const cacheBefore = process.env.DATA_PLATFORM_CACHE;
    let dir: string;
    let chart: Packed;
    let repository: ChartRepository;

    before(async () => {
        dir = mkdtempSync(join(tmpdir(), "charts-"));
        // Packing finds Helm, in the cache that it belongs to.
        chart = await packChart(dir);
        repository = await ChartRepository.serve(chart);
    });
    beforeEach(() => {
        process.env.DATA_PLATFORM_CACHE = mkdtempSync(join(dir, "cache-"));
        repository.asked.length = 0;
    });
    after(async () => {
        if (cacheBefore === undefined) delete process.env.DATA_PLATFORM_CACHE;
        else process.env.DATA_PLATFORM_CACHE = cacheBefore;
        await repository.close();
        rmSync(dir, { recursive: true });
    });

    const fromRepository = (more: object = {}) =>
        rendered(
            { release: { chart: "demo", repository: repository.address, version: chart.version } },
            { sources: { demo: repository.address }, ...more },
        );

    it("is fetched from its repository once, then taken out of the cache", async () => {
        const { tree, releases } = await fromRepository();
        assert.match(tree.get("demo/ConfigMap.demo-from-chart.yaml") ?? "", /greeting: hello/);
        assert.deepEqual(releases, [
            {
                ...{ name: "demo", namespace: "demo", chart: "demo", repository: repository.address },
                ...{ version: "1.2.3", rendered: true, files: ["demo/ConfigMap.demo-from-chart.yaml"] },
            },
        ]);
        assert.deepEqual(repository.asked, ["/index.yaml", "/demo-1.2.3.tgz"]);
        const again = await fromRepository();
        assert.deepEqual([...again.tree], [...tree]);
        assert.equal(repository.asked.length, 2, "asked again");
    });

    it("is fetched anew when what is in the cache isn't what was fetched", async () => {
        await fromRepository();
        const kept = join(process.env.DATA_PLATFORM_CACHE ?? "", "pulled-charts");
        const [entry] = readdirSync(kept);
        writeFileSync(join(kept, entry, "demo-1.2.3.tgz"), "broken");
        const { tree } = await fromRepository();
        assert.ok(tree.has("demo/ConfigMap.demo-from-chart.yaml"));
        assert.equal(repository.asked.length, 4);
        assert.deepEqual(readdirSync(kept), [entry], "something was left beside it");
    });

    it("may come from an OCI registry", async () => {
        const { tree } = await rendered({ release: { chart: repository.oci, version: chart.version } });
        assert.match(tree.get("demo/ConfigMap.demo-from-chart.yaml") ?? "", /greeting: hello/);
        assert.ok(repository.asked.includes("/v2/charts/demo/manifests/1.2.3"), repository.asked.join(" "));
    });

    it("reads numbers as Helm and the API server do", async () => {
        const { objects } = await fromRepository();
        const made = objects.find(({ manifest }) => manifest.metadata.name === "demo-from-chart");
        assert.equal((made?.manifest.data as { mode: number }).mode, 0o400);
    });

    it("and can't be reached is an error that names it, its address, its key and the ways out", async () => {
        const release = { chart: "demo", repository: nowhere, version: "1.2.3" };
        await assert.rejects(rendered({ release }, { sources: { demo: nowhere } }), (error: UserError) => {
            const text = error.render();
            for (const part of [
                "charts.demo: the chart demo 1.2.3, http://127.0.0.1:9",
                "refused",
                "--allow-missing",
            ]) {
                assert.ok(text.includes(part), `${part} is not in ${text}`);
            }
            return true;
        });
    });

    it("and lacks the version that is asked for is one, too", async () => {
        const release = { chart: "demo", repository: repository.address, version: "9.9.9" };
        await assert.rejects(rendered({ release }), (error: UserError) => /demo 9\.9\.9/.test(error.render()));
    });

    it("and may be missing stands by its values, marked", async () => {
        const release = { chart: "demo", repository: nowhere, version: "1.2.3" };
        const { tree, missing, releases } = await rendered({ release }, { allowMissing: true });
        const text = tree.get("demo/Release.demo.yaml") ?? "";
        assert.match(text, /data-platform.io\/not-rendered/);
        assert.match(text, /greeting: hello/);
        assert.deepEqual(
            [missing.map(({ what, address }) => [what, address]), releases[0].rendered],
            [[["the chart demo 1.2.3", nowhere]], false],
        );
    });

    it("is not looked for where everything comes out of directories", async () => {
        const release = { chart: "demo", repository: repository.address, version: "1.2.3" };
        const { tree, missing } = await rendered({ release }, { charts: "directories" });
        assert.ok(tree.has("demo/Release.demo.yaml"));
        assert.deepEqual([repository.asked, missing], [[], []]);
    });

    it("has to have an exact version", async () => {
        const release = { chart: "demo", repository: repository.address };
        await assert.rejects(rendered({ release }), /names no version of its chart/);
    });
});

describe("a document that the program downloads", () => {
    const cacheBefore = process.env.DATA_PLATFORM_CACHE;
    let dir: string;
    let repository: ChartRepository;

    before(async () => {
        dir = mkdtempSync(join(tmpdir(), "documents-"));
        repository = await ChartRepository.serve(await packChart(dir));
        repository.text("/v1.2.3/definitions.yaml", "one");
        repository.text("/main/definitions.yaml", "latest");
        process.env.DATA_PLATFORM_CACHE = join(dir, "cache");
    });
    after(async () => {
        if (cacheBefore === undefined) delete process.env.DATA_PLATFORM_CACHE;
        else process.env.DATA_PLATFORM_CACHE = cacheBefore;
        await repository.close();
        rmSync(dir, { recursive: true });
    });

    it("is kept when its address has a version, and asked for anew when it has none", async () => {
        for (const path of ["/v1.2.3/definitions.yaml", "/main/definitions.yaml"]) {
            await rendered({ download: repository.address + path });
            await rendered({ download: repository.address + path });
        }
        assert.deepEqual(repository.asked, [
            ...["/v1.2.3/definitions.yaml", "/main/definitions.yaml", "/main/definitions.yaml"],
        ]);
    });

    it("and isn't there is an error, or is missing", async () => {
        const download = `${repository.address}/v4.5.6/definitions.yaml`;
        await assert.rejects(rendered({ download }), (error: UserError) => {
            return error.render().includes(download) && error.render().includes("404");
        });
        const { missing } = await rendered({ download }, { allowMissing: true });
        assert.deepEqual(
            missing.map(({ address }) => address),
            [download],
        );
    });
});

describe("the form of a stack by directories", () => {
    const values = (groups: Record<string, object>) => ({
        values: Object.fromEntries(
            Object.entries(groups).map(([key, of]) => [`data-platform:${key}`, JSON.stringify(of)]),
        ),
        secretKeys: [],
    });
    const formOf = (groups: Record<string, object>) =>
        Object.fromEntries(
            Object.entries(directoryForms(values(groups)).values).map(([key, text]) => [
                key.replace("data-platform:", ""),
                JSON.parse(text) as Record<string, unknown>,
            ]),
        );

    it("takes what there is a directory for from there, and leaves the rest", () => {
        const { charts, crds } = formOf({ charts: { keda: "https://mirror.example.com" } });
        assert.equal(charts.airflow, "./charts/airflow");
        assert.equal(charts.certManager, "./.sandbox/charts/cert-manager");
        assert.equal(charts.keda, "https://mirror.example.com");
        assert.deepEqual(crds.sparkOperator, ["./.sandbox/crds/spark-operator/*.json"]);
    });

    it("leaves a directory of the stack's own alone, and Airflow where DAGs come by git-sync", () => {
        assert.equal(formOf({ charts: { airflow: "./charts/mine" } }).charts.airflow, "./charts/mine");
        const { charts } = formOf({ orchestrator: { dags: { kind: "git", repo: "https://example.com/dags" } } });
        assert.equal(charts.airflow, undefined);
    });

    it("drops what is for upstream's chart only", () => {
        const { chartVersions, chartValues } = formOf({
            chartVersions: { airflow: "1.21.0", strimzi: "1.1.0" },
            chartValues: { airflow: { config: {}, onlyUpstreamKnows: {} }, keda: { logging: {} } },
        });
        assert.deepEqual(chartVersions, { strimzi: "1.1.0" });
        assert.deepEqual(chartValues, { airflow: { config: {} }, keda: { logging: {} } });
    });
});

describe("a Helm in PATH", () => {
    it("is recent enough from 3.19 on", () => {
        for (const version of ["v3.19.0", "v3.22.0\n", "v3.100.1+g1"]) assert.ok(isAccepted(version), version);
        for (const version of ["v3.18.6", "v2.17.0", "v4.0.1", "", "latest"]) assert.ok(!isAccepted(version), version);
    });
});
