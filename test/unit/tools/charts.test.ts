import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parse } from "yaml";

import { charts } from "../../../config/versions";
import { profiles } from "../../../config/profiles";
import { helmTemplate } from "../../../helm/template";
import { prepareCharts, prepareCrds } from "../../../tools/charts";
import { moduleCharts } from "../../../tools/charts/catalog";
import { pins } from "../../../tools/charts/crds";
import { identity } from "../../../tools/charts/extract";
import { verifyJars } from "../../../tools/charts/strimzi-generator";
import { outputDir, repoRoot } from "../../../lib/paths";

const chartFile = (name: string) => join(outputDir, "charts", name, "Chart.yaml");

/** Definitions by their names, out of a folder of YAML or JSON. */
const definitions = (folder: string) =>
    Object.fromEntries(
        readdirSync(folder).map((file) => {
            const crd = parse(readFileSync(join(folder, file), "utf8")) as {
                metadata: { name: string };
                spec: { versions: { name: string }[] };
            };
            return [crd.metadata.name, crd.spec];
        }),
    );

describe("charts out of Go modules", () => {
    before(async function () {
        this.timeout(300_000);
        await prepareCharts();
    });

    it("lie where the sandbox's profile looks for them", () => {
        const { sandbox } = profiles;
        assert.equal(join(repoRoot, sandbox.charts.certManager, "Chart.yaml"), chartFile("cert-manager"));
        assert.equal(join(repoRoot, sandbox.charts.sparkOperator, "Chart.yaml"), chartFile("spark-operator"));
        const prepared = Object.values(sandbox.crds)
            .flat()
            .filter((source) => source.startsWith("./"));
        assert.ok(prepared.length >= 2);
        for (const source of prepared) {
            const folder = join(repoRoot, source.replace(/\*\.json$/, ""));
            assert.ok(readdirSync(folder).every((file) => file.endsWith(".json")) && readdirSync(folder).length >= 3);
        }
    });

    it("have the version that go.mod pins, which is the one that users get", async () => {
        for (const chart of moduleCharts) {
            const { version, appVersion } = parse(readFileSync(chartFile(chart.name), "utf8")) as Record<
                string,
                string
            >;
            const pinned = (await identity(chart)).version;
            assert.equal(version.replace(/^v/, ""), pinned.replace(/^v/, ""));
            assert.equal(appVersion, version);
        }
        const pinned = await Promise.all(moduleCharts.map(identity));
        assert.deepEqual(Object.fromEntries(pinned.map(({ name, version }) => [name, version])), {
            "cert-manager": charts.certManager,
            "spark-operator": `v${charts.sparkOperator}`,
        });
    });

    it("cert-manager's definitions are those that its chart would install", async function () {
        this.timeout(60_000);
        const inside = await helmTemplate({
            ...{ name: "cert-manager", chart: "./.sandbox/charts/cert-manager", namespace: "cert-manager" },
            values: { crds: { enabled: true } },
        });
        const specs = inside
            .filter(({ kind }) => kind === "CustomResourceDefinition")
            .map(({ metadata, spec }) => [metadata.name, spec] as const);
        assert.deepEqual(definitions(join(outputDir, "crds/cert-manager")), Object.fromEntries(specs));
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

describe("definitions of operators whose charts are elsewhere", () => {
    before(async function () {
        this.timeout(300_000);
        await prepareCrds();
    });

    const made = (name: string) => definitions(join(outputDir, "crds", name));

    it("are there, whole", () => {
        const counts = Object.fromEntries(
            ["strimzi", "cloudnative-pg", "keda", "gateway-api"].map((name) => [name, Object.keys(made(name)).length]),
        );
        assert.deepEqual(counts, { strimzi: 10, "cloudnative-pg": 11, keda: 6, "gateway-api": 10 });
        assert.ok(
            made("gateway-api")["backendtlspolicies.gateway.networking.k8s.io"].versions.some(
                ({ name }) => name === "v1",
            ),
        );
        assert.deepEqual(
            made("strimzi")["kafkas.kafka.strimzi.io"].versions.map(({ name }) => name),
            ["v1"],
        );
    });

    it("are of the versions that the charts bring", () => {
        const read = (path: string) => readFileSync(join(pins(path)), "utf8");
        assert.ok(read("strimzi/pom.xml").includes(`<strimzi.version>${charts.strimzi}</strimzi.version>`));
        assert.ok(read("keda/go.mod").includes(`github.com/kedacore/keda/v2 v${charts.keda}`));
        // The chart has a version of its own; 0.29.0 brings 1.30.0.
        assert.ok(read("cloudnative-pg/go.mod").includes("github.com/cloudnative-pg/cloudnative-pg v1.30.0"));
    });

    // Upstream's files lie beside some checkouts only.
    const upstream = join(repoRoot, "../shared/charts");
    if (existsSync(upstream)) {
        it("say what upstream's charts say", function () {
            this.timeout(60_000);
            assert.deepEqual(made("strimzi"), definitions(join(upstream, "strimzi-kafka-operator/crds")));
            assert.deepEqual(made("cloudnative-pg"), definitions(join(upstream, "cloudnative-pg/crds")));
            const keda = definitions(join(upstream, "keda/crds"));
            assert.deepEqual(Object.keys(made("keda")).sort(), Object.keys(keda).sort());
        });
    }

    it("aren't made of jars that nobody has looked at", async () => {
        const dir = mkdtempSync(join(tmpdir(), "jars-"));
        writeFileSync(join(dir, "a.jar"), "a");
        const sum = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
        await verifyJars(dir, `${sum}  a.jar\n`);
        await assert.rejects(verifyJars(dir, `${sum.replace("c", "d")}  a.jar\n`), /aren't those that are pinned/);
        await assert.rejects(verifyJars(dir, `${sum}  a.jar\n${sum}  b.jar\n`), /b\.jar/);
        writeFileSync(join(dir, "c.jar"), "c");
        await assert.rejects(verifyJars(dir, `${sum}  a.jar\n`), /c\.jar/);
        rmSync(dir, { recursive: true });
    });
});
