import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parse, parseAllDocuments } from "yaml";

import { merge } from "../../../config/merge";
import { isRecord } from "../../../kubernetes/objects";
import { repoRoot } from "../../../lib/paths";
import { type ResourceRequest } from "../../../program/program";
import { releaseInside } from "../../../program/cert-manager";
import { collect } from "../../support/collect";

const read = (...path: string[]) => readFileSync(join(repoRoot, ...path), "utf8");
const upstream = parse(read("test/unit/fixtures/upstream-limits.yaml")) as Record<string, Record<string, unknown>>;

/** Places of CPU limits in a value. */
function cpuLimits(value: unknown, path = ""): string[] {
    if (Array.isArray(value)) return value.flatMap((item, index) => cpuLimits(item, `${path}[${index}]`));
    if (!isRecord(value)) return [];
    return Object.entries(value).flatMap(([key, inner]) => [
        ...(key === "limits" && isRecord(inner) && inner.cpu !== undefined ? [`${path}.limits.cpu`] : []),
        ...cpuLimits(inner, `${path}.${key}`),
    ]);
}

/** Values as Helm lays them over a chart's own: what is null is taken away. */
function laidOver(own: Record<string, unknown>, given: Record<string, unknown>): unknown {
    const without = (value: unknown): unknown =>
        isRecord(value)
            ? Object.fromEntries(
                  Object.entries(value)
                      .filter(([, inner]) => inner !== null)
                      .map(([key, inner]) => [key, without(inner)]),
              )
            : value;
    return without(merge(own, given));
}

describe("no container has a CPU limit that nobody asked for", function () {
    this.timeout(120_000);
    const releases = ({ type }: ResourceRequest) => /:(Release|CertManager)$/.test(type);

    /** The values of a stack's Releases over those of their charts. */
    async function valuesOf(stack: string): Promise<[string, unknown][]> {
        const { requests } = await collect({ stack });
        return requests
            .filter((request) => releases(request) && (request.custom || request.type.startsWith("kubernetes-")))
            .map((request) => {
                const { inputs, name } = request.custom ? request : releaseInside(request);
                const chart = String((inputs as { chart?: string }).chart);
                const file = join(chart, "values.yaml");
                const own = (
                    chart.startsWith("./charts/") && existsSync(join(repoRoot, file))
                        ? parse(read(file))
                        : upstream[name]
                ) as Record<string, unknown> | undefined;
                return [name, laidOver(own ?? {}, (inputs as { values: Record<string, unknown> }).values)];
            });
    }

    for (const stack of ["dev", "staging", "prod", "sandbox", "ephemeral"]) {
        it(`in the values of the stack ${stack}, over those of the charts themselves`, async () => {
            const values = await valuesOf(stack);
            assert.ok(values.length >= 5, `${values.length} Releases`);
            assert.deepEqual(
                values.flatMap(([name, value]) => cpuLimits(value, name)),
                [],
            );
        });

        it(`in what the charts of ${stack} print`, () => {
            const folder = join(repoRoot, "test/golden", stack);
            const files = readdirSync(folder, { recursive: true }).map(String);
            const objects = files
                .filter((file) => file.endsWith(".yaml") && !file.includes("CustomResourceDefinition"))
                .flatMap((file) =>
                    parseAllDocuments(read("test/golden", stack, file)).map((each) => [file, each.toJS()]),
                );
            // A Release that stands by its values takes upstream's limit away by null.
            const found = objects.flatMap(([file, object]) =>
                cpuLimits(laidOver({}, object as Record<string, unknown>), String(file)),
            );
            assert.deepEqual(found, []);
        });
    }

    it("in the charts' own values", () => {
        for (const chart of readdirSync(join(repoRoot, "charts")))
            assert.deepEqual(cpuLimits(parse(read("charts", chart, "values.yaml"))), [], chart);
    });

    it("and one that upstream's chart has by itself is found, where it isn't taken away", () => {
        assert.deepEqual(cpuLimits(laidOver(upstream.strimzi, { resources: { limits: { memory: "768Mi" } } })), [
            ".resources.limits.cpu",
        ]);
        assert.equal(cpuLimits(upstream.keda).length, 3);
    });
});
