import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { chartKeys } from "../../../config/rules/chart-keys";
import { repoRoot } from "../../../lib/paths";
import { configProblems } from "../../support/config-problems";

const problems = (chartValues: object, more: object = {}) =>
    configProblems({ profile: "dev", images: { registry: "registry.example.com/p" }, chartValues, ...more });

describe("groups of a chart's values that the chart itself doesn't check", () => {
    for (const [chartValues, key, said] of [
        [
            { keda: { logging: { operater: { level: "debug" } } } },
            "chartValues.keda.logging.operater",
            /did you mean operator\?/,
        ],
        [
            { keda: { logging: { operator: { levle: "debug" } } } },
            "chartValues.keda.logging.operator.levle",
            /did you mean level\?/,
        ],
        [
            { keda: { prometheus: { operator: { serviceMonitor: { enable: true } } } } },
            "chartValues.keda.prometheus.operator.serviceMonitor.enable",
            /did you mean enabled\?/,
        ],
        [
            { cloudNativePg: { monitoring: { podMonitor: true } } },
            "chartValues.cloudNativePg.monitoring.podMonitor",
            /there are podMonitorEnabled/,
        ],
        [
            { strimzi: { dashboards: { enable: true } } },
            "chartValues.strimzi.dashboards.enable",
            /did you mean enabled\?/,
        ],
    ] as const)
        it(`refuse ${key}`, () => assert.match(problems(chartValues)[key] ?? "none", said));

    it("take what is right, lists and maps of the chart's too", () => {
        const chartValues = {
            keda: {
                logging: { operator: { level: "debug" } },
                prometheus: {
                    operator: { enabled: true, podMonitor: { enabled: true, additionalLabels: { team: "data" } } },
                },
            },
            cloudNativePg: { monitoring: { podMonitorEnabled: true, grafanaDashboard: { create: true } } },
            strimzi: { dashboards: { enabled: true } },
        };
        assert.deepEqual(problems(chartValues), {});
    });

    it("say nothing of another version, whose keys aren't known here", () => {
        const newer = { chartVersions: { strimzi: "1.9.0" } };
        assert.deepEqual(problems({ strimzi: { dashboards: { panels: true } } }, newer), {});
    });

    const upstream = join(repoRoot, "../shared/charts");
    // Not part of the project.
    if (existsSync(upstream)) {
        for (const [chart, folder] of [
            ["keda", "keda"],
            ["cloudNativePg", "cloudnative-pg"],
            ["strimzi", "strimzi-kafka-operator"],
        ] as const) {
            it(`are those of the pinned version: ${chart}`, () => {
                const values = parse(readFileSync(join(upstream, folder, "values.yaml"), "utf8")) as Record<
                    string,
                    unknown
                >;
                for (const [group, keys] of Object.entries(chartKeys[chart]))
                    assert.deepEqual(shape(keys, values[group]), keys, group);
            });
        }
    }
});

/** Keys of upstream's values, as deep as ours go. */
function shape(keys: object, value: unknown): object {
    return Object.fromEntries(
        Object.keys(value as object).map((key) => {
            const inner = (keys as Record<string, unknown>)[key];
            return [
                key,
                typeof inner === "object" && inner !== null
                    ? shape(inner, (value as Record<string, unknown>)[key])
                    : "any",
            ];
        }),
    );
}
