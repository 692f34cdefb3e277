import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { withoutVainNulls } from "../../../components/chart-values";
import { outputDir, repoRoot } from "../../../lib/paths";
import { collectRequests } from "../../../program/collect";

describe("nulls among a local chart's values", () => {
    mkdirSync(outputDir, { recursive: true });
    const dir = mkdtempSync(join(outputDir, "chart-values-"));
    const source = `./${relative(repoRoot, dir)}`;
    const values = (own: string) => writeFileSync(join(dir, "values.yaml"), own);
    after(() => rmSync(dir, { recursive: true }));

    it("take away what the chart has", () => {
        values("resources: { limits: { cpu: 1000m, memory: 1Gi } }\n");
        const given = { resources: { limits: { cpu: null, memory: "2Gi" } }, replicas: 2, list: [null] };
        assert.deepEqual(withoutVainNulls(given, source), given);
    });

    it("are left out where the chart has nothing, because Helm hands them on", () => {
        const given = { resources: { limits: { cpu: null, memory: "2Gi" } } };
        for (const own of ["", "resources: {}\n", "resources: { limits: { cpu: null } }\n", "resources:\n"]) {
            values(own);
            assert.deepEqual(withoutVainNulls(given, source), { resources: { limits: { memory: "2Gi" } } }, own);
        }
        rmSync(join(dir, "values.yaml"));
        assert.deepEqual(withoutVainNulls(given, source), { resources: { limits: { memory: "2Gi" } } });
    });

    it("outputs are left alone", () => {
        const name = pulumi.output("x");
        assert.equal(withoutVainNulls({ name }, source).name, name);
    });

    it("are said for Strimzi's own chart, and not for one that has no CPU limit", async () => {
        const limits = async (chart?: string) => {
            const charts = JSON.stringify({ strimzi: chart });
            const { requests } = await collectRequests({
                stack: "dev",
                offline: true,
                ...(chart ? { transformConfig: withValues({ "data-platform:charts": charts }) } : {}),
            });
            const { inputs } = requests.find(({ name, type }) => /Release$/.test(type) && /strimzi/.test(name)) ?? {};
            return (inputs as { values: { resources: { limits: object } } }).values.resources.limits;
        };
        assert.deepEqual(await limits(), { cpu: null, memory: "768Mi" });
        assert.deepEqual(await limits("./test/integration/fixtures/charts/strimzi-kafka-operator"), {
            memory: "768Mi",
        });
    });
});

const withValues =
    (more: Record<string, string>) =>
    <T extends { values: Record<string, string> }>(config: T): T => ({
        ...config,
        values: { ...config.values, ...more },
    });
