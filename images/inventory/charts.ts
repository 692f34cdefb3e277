import { readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import * as versions from "../../config/versions";
import { at, isRecord } from "../../kubernetes/objects";
import { UserError } from "../../lib/errors";
import { repoRoot } from "../../lib/paths";
import type { Release } from "../../program/collect";

/** A chart, and what it is given. */
export type ChartUse = Pick<Release, "chart" | "version" | "values">;

/** Images of a chart's own, by its values and the version of what it installs: whole names. */
type Images = (values: Record<string, unknown>, version: string) => string[];

const upstream: Record<string, Images> = {
    "cert-manager": (values, version) => {
        const image = (program: string, ...path: string[]) =>
            `${text(values, ...path, "image", "repository") ?? `quay.io/jetstack/cert-manager-${program}`}:${version}`;
        // Who has images of their own has one of the solver only where they say so.
        const solver = text(values, "acmesolver", "image", "repository") ?? !text(values, "image", "repository");
        return [
            image("controller"),
            ...["webhook", "cainjector", "startupapicheck"].map((part) => image(part, part)),
            // No pod of the chart's: the controller starts it, and has its name as an argument.
            ...(solver ? [image("acmesolver", "acmesolver")] : []),
        ];
    },
    "spark-operator": ({ image }, version) => [
        `${text(image, "registry") ?? "ghcr.io"}/${text(image, "repository") ?? "kubeflow/spark-operator/controller"}:${version}`,
    ],
    "strimzi-kafka-operator": (values, version) => [strimziImage(values, "operator", version)],
    "cloudnative-pg": ({ image }, version) => [
        `${text(image, "repository") ?? "ghcr.io/cloudnative-pg/cloudnative-pg"}:${version}`,
    ],
    keda: ({ image }, version) =>
        Object.entries({
            keda: "keda",
            metricsApiServer: "keda-metrics-apiserver",
            webhooks: "keda-admission-webhooks",
        }).map(([part, program]) => {
            const { registry = "ghcr.io", repository = `kedacore/${program}` } = record(at(image, part));
            return `${String(registry)}/${String(repository)}:${version}`;
        }),
};

/** Image of Strimzi's operator, or of what it makes. */
export function strimziImage(values: Record<string, unknown>, name: string, tag: string): string {
    const { defaultImageRegistry = "quay.io", defaultImageRepository = "strimzi" } = values;
    return `${String(defaultImageRegistry)}/${String(defaultImageRepository)}/${name}:${tag}`;
}

/**
 * The version of CloudNativePG that a version of its chart installs.
 *
 * @throws UserError for another version than the pinned one, whose operator isn't known here
 */
export function cloudNativePgOf(chartVersion: string): string {
    if (chartVersion === versions.charts.cloudNativePg) return versions.cloudNativePg;
    throw new UserError(
        `which operator is in the chart cloudnative-pg ${chartVersion} is known for ${versions.charts.cloudNativePg} only`,
        {
            where: "chartVersions.cloudNativePg",
            allowed: `${versions.charts.cloudNativePg}, the pinned one (config/versions.ts: charts.cloudNativePg and cloudNativePg go together)`,
            fix: "raise both constants in config/versions.ts, or take the images out of what is rendered: data-platform render --stack <name> --out DIR; grep -rhoE 'image: .*' DIR | sort -u",
        },
    );
}

/** The images in a Release: what its values name, and what upstream's chart has of its own. Whole names. */
export function imagesOfChart({ chart, version, values }: ChartUse): string[] {
    const name = chart.split("/").at(-1) ?? chart;
    if (!Object.hasOwn(upstream, name)) return [...new Set(named(values))];
    // A directory says what it installs; of a chart elsewhere the version is known, which for most is the same.
    const installs =
        version === undefined ? appVersion(chart) : name === "cloudnative-pg" ? cloudNativePgOf(version) : version;
    return [...new Set(upstream[name](values, installs))];
}

/** Every image that stands in values as `repository` and `tag`, as the project's own charts and Airflow's take them. */
function named(values: unknown): string[] {
    if (Array.isArray(values)) return values.flatMap(named);
    if (!isRecord(values)) return [];
    const { repository, tag } = values;
    if (typeof repository === "string" && typeof tag === "string") return [`${repository}:${tag}`];
    return Object.values(values).flatMap(named);
}

/** Version of the application that a chart in a directory installs. */
function appVersion(chart: string): string {
    const { version, appVersion = version } = parse(readFileSync(join(repoRoot, chart, "Chart.yaml"), "utf8")) as {
        version: string;
        appVersion?: string;
    };
    return appVersion;
}

function text(value: unknown, ...path: string[]): string | undefined {
    const found = at(value, ...path);
    return typeof found === "string" && found !== "" ? found : undefined;
}

function record(value: unknown): Record<string, unknown> {
    return isRecord(value) ? value : {};
}
