import { z } from "zod";

import { annotations, freeMap, labels } from "../free-maps";
import { chartSource, text } from "../texts";

const source = chartSource.describe("Where the chart comes from.");

/** The charts that the platform installs, by the names of their config keys. */
export const chartNames = [
    ...["minio", "kafka", "postgresql", "mlflow"],
    ...["airflow", "sparkOperator", "certManager", "strimzi", "cloudNativePg", "keda"],
] as const;

/** Of somebody else: their version is pinned in config/versions.ts, where a stack doesn't say another one. */
export const upstream = { airflow: 0, sparkOperator: 0, certManager: 0, strimzi: 0, cloudNativePg: 0, keda: 0 };

export const charts = z
    .strictObject({
        minio: source,
        kafka: source,
        postgresql: source,
        mlflow: source,
        airflow: source,
        sparkOperator: source,
        certManager: source,
        strimzi: source,
        cloudNativePg: source,
        keda: source,
    })
    .describe("Sources of the charts, for air-gapped clusters.");

const version = text(
    "version",
    /^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/,
    'must be one exact version such as "1.22.0": a range would give each update another chart',
)
    .optional()
    .describe("Exact version of the chart. Default: the one that this project pins.");

export const chartVersions = z
    .strictObject({
        airflow: version,
        sparkOperator: version,
        certManager: version,
        strimzi: version,
        cloudNativePg: version,
        keda: version,
    })
    .describe("Other versions of upstream's charts than the pinned ones; the CRDs go with them.");

const group = freeMap.optional();
const logLevel = text("logLevel", /^[A-Z]{3,10}$/, 'must be a level such as "INFO"').optional();
const featureGates = text(
    "featureGates",
    /^[+-][A-Za-z0-9]+(,[+-][A-Za-z0-9]+)*$/,
    'must be gates with + or -, such as "+UseServerSideApply,-Other"',
).optional();

/**
 * Values of upstream's charts that a team may set by their own keys. Only what neither opens the platform nor is set by it: security
 * contexts, names, Secrets and network are the platform's.
 */
export const chartValues = z
    .strictObject({
        airflow: z
            .strictObject({
                config: group.describe("airflow.cfg by section, laid over the platform's."),
                labels: labels.optional().describe("Labels of every object."),
                airflowPodAnnotations: annotations.optional().describe("Annotations of every pod."),
            })
            .optional()
            .describe("Airflow's official chart."),
        sparkOperator: z
            .strictObject({
                commonLabels: labels.optional().describe("Labels of every object."),
            })
            .optional()
            .describe("The Spark operator's chart."),
        strimzi: z
            .strictObject({
                logLevel: logLevel.describe("Log level of the operator, such as INFO."),
                featureGates: featureGates.describe("Feature gates, such as +UseServerSideApply."),
                fullReconciliationIntervalMs: z.number().int().min(10_000).optional().describe("Milliseconds."),
                operationTimeoutMs: z.number().int().min(10_000).optional().describe("Milliseconds."),
                dashboards: group.describe("Grafana dashboards as ConfigMaps."),
            })
            .optional()
            .describe("Strimzi's chart."),
        cloudNativePg: z
            .strictObject({
                monitoring: group.describe("PodMonitor and dashboard of the operator."),
                commonAnnotations: annotations.optional().describe("Annotations of every object."),
            })
            .optional()
            .describe("CloudNativePG's chart."),
        keda: z
            .strictObject({
                logging: group.describe("Levels and formats of the logs."),
                additionalLabels: labels.optional().describe("Labels of every object."),
                prometheus: group.describe("Metrics."),
            })
            .optional()
            .describe("KEDA's chart."),
    })
    .describe("Values for upstream's charts, laid over those of the platform. Names only, never a secret.");

/** A chart as a component is handed it. */
export interface ChartConfig {
    /** A directory of the project, an `oci://` address, or the `https://` address of a chart repository. */
    source: string;
    /** Exact version. @default the pinned one of config/versions.ts */
    version?: string;
    /** Laid over the component's own values. @default none */
    values?: Record<string, unknown>;
}

export type Charts = Record<(typeof chartNames)[number], ChartConfig>;

/** The charts with what the stack says of each. */
export function chartsOf(config: {
    charts: z.infer<typeof charts>;
    chartVersions: z.infer<typeof chartVersions>;
    chartValues: z.infer<typeof chartValues>;
}): Charts {
    return Object.fromEntries(
        chartNames.map((name): [string, ChartConfig] => [
            name,
            {
                source: config.charts[name],
                version: name in upstream ? config.chartVersions[name as keyof typeof upstream] : undefined,
                values: config.chartValues[name as keyof typeof config.chartValues],
            },
        ]),
    ) as Charts;
}
