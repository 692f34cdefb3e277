import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { certManagerType, releaseInside } from "../../../program/cert-manager";
import { preview, up } from "../../../engine/builtin/builtin";
import { repoRoot } from "../../../lib/paths";
import { changed, scene } from "../../support/drills/scene";
import { collected } from "../../support/drills/stacks";

/** Every Release that there has ever been. Another name or namespace is a new one beside it, or in its place: see docs/upgrades.md. */
const platform = [
    "airflow in <stack>-orchestration",
    "cert-manager in cert-manager",
    "minio in <stack>-storage",
    "mlflow in <stack>-tracking",
    "spark-operator in spark-operator",
];
const kafka = "kafka in <stack>-streaming";
const postgresql = "postgresql in <stack>-database";
const strimzi = "strimzi-kafka-operator in strimzi-operator";
const cloudNativePg = "cloudnative-pg in cnpg-system";
const releases: Record<string, string[]> = {
    dev: [...platform, postgresql, strimzi, cloudNativePg],
    staging: [...platform, strimzi, cloudNativePg],
    prod: [...platform, strimzi, cloudNativePg],
    sandbox: [...platform, kafka, postgresql],
};

describe("F15: a Release keeps its name and its namespace", function () {
    this.timeout(120_000);
    const at = scene("release");

    for (const [stack, expected] of Object.entries(releases)) {
        it(`${stack}: has the Releases that it always had`, async () => {
            const { requests } = await collected(stack);
            const names = requests.flatMap((request) => {
                if (request.type !== certManagerType && !request.type.endsWith(":Release")) return [];
                const { inputs } = request.type === certManagerType ? releaseInside(request) : request;
                const namespace = String(inputs.namespace).replace(new RegExp(`^${stack}-`), "<stack>-");
                return [`${String(inputs.name)} in ${namespace}`];
            });
            assert.deepEqual(names.sort(), [...expected].sort());
        });
    }

    it("another version of its chart is an update, and the same release gets another revision", async () => {
        const chart = join(await at.bed.scratch(), "staged");
        await cp(join(repoRoot, "test/integration/fixtures/charts/staged"), chart, { recursive: true });
        await up(at.stack({ chart }));
        const text = await readFile(join(chart, "Chart.yaml"), "utf8");
        await writeFile(join(chart, "Chart.yaml"), text.replace("1.0.0", "2.0.0"));
        const values = JSON.stringify({ program: 2 });
        assert.deepEqual(changed((await preview(at.stack({ chart, values }))).changes), ["update Release store"]);
        assert.deepEqual(changed((await up(at.stack({ chart, values }))).changes), ["update Release store"]);
    });

    it("counter-proof: another name replaces it, and the preview says so", async () => {
        await up(at.stack());
        const renamed = at.stack({ instead: JSON.stringify({ name: "storage" }) });
        assert.deepEqual(changed((await preview(renamed)).changes), ["replace Release store"]);
    });
});
