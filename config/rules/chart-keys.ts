import { closest, distance } from "fastest-levenshtein";

import type { Problem } from "../errors";
import { keyPath } from "../key-path";
import type { PlatformConfig } from "../schema";

/** Keys that a group of a chart's values has; a leaf is whatever stands there. */
type Keys = { [key: string]: Keys | "any" };

const any = <Key extends string>(...keys: Key[]): Keys => Object.fromEntries(keys.map((key) => [key, "any"]));

const levels = any("level", "format", "timeEncoding");
const serviceMonitor = any(
    ...["enabled", "jobLabel", "targetLabels", "podTargetLabels", "port", "targetPort", "interval", "scrapeTimeout"],
    ...["relabellings", "relabelings", "metricRelabelings", "additionalLabels", "scheme", "tlsConfig"],
);
const podMonitor = any(
    ...["enabled", "interval", "scrapeTimeout", "namespace", "additionalLabels", "relabelings", "metricRelabelings"],
);
const prometheusRules = any("enabled", "namespace", "additionalLabels", "alerts");

/** Groups that charts without a schema of their own take in silence whatever stands in them, as the pinned versions have them. */
export const chartKeys: Record<"strimzi" | "cloudNativePg" | "keda", Record<string, Keys>> = {
    strimzi: { dashboards: any("enabled", "namespace", "label", "labelValue", "annotations", "extraLabels") },
    cloudNativePg: {
        monitoring: {
            ...any(
                "podMonitorEnabled",
                "podMonitorMetricRelabelings",
                "podMonitorRelabelings",
                "podMonitorAdditionalLabels",
            ),
            grafanaDashboard: any(
                ...[
                    "create",
                    "namespace",
                    "configMapName",
                    "sidecarLabel",
                    "sidecarLabelValue",
                    "labels",
                    "annotations",
                ],
            ),
        },
    },
    keda: {
        logging: {
            operator: { ...levels, ...any("stackTracesEnabled") },
            metricServer: any("level", "stderrthreshold", "zapLevel", "zapEncoder", "zapTimeEncoding"),
            webhooks: levels,
        },
        prometheus: {
            metricServer: { ...any("enabled", "port", "portName"), serviceMonitor, podMonitor },
            operator: { ...any("enabled", "port"), serviceMonitor, podMonitor, prometheusRules },
            webhooks: { ...any("enabled", "port"), serviceMonitor, prometheusRules },
        },
    },
};

/** Keys in those groups that the chart doesn't have. Of another version than the pinned one nothing is known. */
export function chartKeyRules({ chartValues, chartVersions }: PlatformConfig): Problem[] {
    return (Object.keys(chartKeys) as (keyof typeof chartKeys)[])
        .filter((chart) => chartVersions[chart] === undefined)
        .flatMap((chart) =>
            Object.entries(chartKeys[chart]).flatMap(([group, keys]) => {
                const given = (chartValues[chart] as Record<string, unknown> | undefined)?.[group];
                return unknown(given, keys, ["chartValues", chart, group]);
            }),
        );
}

function unknown(given: unknown, keys: Keys, path: string[]): Problem[] {
    if (typeof given !== "object" || given === null || Array.isArray(given)) return [];
    return Object.entries(given).flatMap(([key, value]): Problem[] => {
        const at = [...path, key];
        if (!Object.hasOwn(keys, key)) {
            const known = Object.keys(keys);
            const nearest = closest(key, known);
            const meant = distance(key, nearest) <= 3 ? `; did you mean ${nearest}?` : "";
            return [
                {
                    key: keyPath(at),
                    message: `is no key of the chart, which would ignore it; there are ${known.join(", ")}${meant}`,
                },
            ];
        }
        const inner = keys[key];
        return inner === "any" ? [] : unknown(value, inner, at);
    });
}
