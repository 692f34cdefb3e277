import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { contentHash } from "../config/images";
import { merge } from "../config/merge";
import { ChartConfig } from "../config/sections/charts";
import { withoutVainNulls } from "./chart-values";

export interface ReleaseArgs {
    /**
     * A directory of the project (`./charts/minio`), an `oci://` address, or the `https://` address of a chart repository; with
     * version and values of the team's own, where the stack says some.
     */
    chart: string | ChartConfig;
    /** The chart's name in a repository. @default the release's name */
    chartName?: string;
    /** Exact version, for a chart that isn't a directory, where the stack says no other. @default the one in the directory's Chart.yaml */
    version?: string;
    namespace: pulumi.Input<string>;
    /** Chart values: names of Secrets, never a secret, and known in a preview, so that a wrong chart is found there. */
    values: Record<string, unknown>;
    /** Don't wait until all is Ready; hooks then run at once. Whoever says so waits for readiness by other means. @default false */
    skipAwait?: boolean;
    /** Leave the chart's CRDs out, because they are owned apart. @default false */
    skipCrds?: boolean;
    /** Seconds that an install or upgrade may take. @default 600 */
    timeout?: number;
}

/**
 * The one place that makes a Helm Release. Its name is the logical name: it leads every Service's name, so it must not be made up.
 *
 * Helm waits until all is Ready. Nothing is atomic: a rollback would undo a data migration half-way and throw the evidence away.
 */
export function release(name: string, args: ReleaseArgs, opts: pulumi.CustomResourceOptions): k8s.helm.v3.Release {
    const { chart, repositoryOpts, version, settings } = releaseSettings(args);
    const { source, values: own } = chartConfig(args.chart);
    const values = merge(args.values, own);
    return new k8s.helm.v3.Release(
        name,
        {
            name,
            chart: chart ?? args.chartName ?? name,
            ...(repositoryOpts ? { repositoryOpts } : {}),
            version,
            namespace: args.namespace,
            values: isLocal(source) ? withoutVainNulls(values, source) : values,
            ...settings,
            ...(args.skipAwait ? { skipAwait: true } : {}),
            ...(args.skipCrds ? { skipCrds: true } : {}),
        },
        // Two releases of one name can't stand side by side.
        { ...opts, deleteBeforeReplace: true },
    );
}

/** Returns the source of a chart, in Helm's words, and the settings of every release; pure. The chart of a repository is named by its caller. */
export function releaseSettings({
    chart,
    version: usual,
    timeout = 600,
}: Pick<ReleaseArgs, "chart" | "version" | "timeout">) {
    const { source, version = usual } = chartConfig(chart);
    const repository = /^https?:/.test(source);
    return {
        chart: repository ? undefined : source,
        repositoryOpts: repository ? { repo: source } : undefined,
        version: isLocal(source) ? undefined : version,
        settings: {
            ...contentOf(source),
            timeout,
            // Each revision is a Secret in the namespace, and Helm's own default keeps them all.
            maxHistory: 5,
            cleanupOnFail: true,
        },
    };
}

function isLocal(source: string): boolean {
    return source.startsWith("./");
}

/**
 * Makes a change of a local chart an upgrade: the provider doesn't look into a directory, only at its version
 * (pulumi-kubernetes#2672). The description is Helm's own note on a revision, which no chart sees; among the values a chart with a
 * schema would refuse it.
 */
function contentOf(source: string): { description?: string } {
    return isLocal(source) ? { description: `chart ${contentHash([source])}` } : {};
}

/** A chart by its source alone is one with nothing more said of it. */
export function chartConfig(chart: string | ChartConfig): ChartConfig {
    return typeof chart === "string" ? { source: chart } : chart;
}
