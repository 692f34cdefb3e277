import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { contentHash } from "../config/images";

export interface ReleaseArgs {
    /** A directory of the project (`./charts/minio`), an `oci://` address, or the `https://` address of a chart repository. */
    chart: string;
    /** The chart's name in a repository. @default the release's name */
    chartName?: string;
    /** Exact version, for a chart that isn't a directory. @default the one in the directory's Chart.yaml */
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
    const local = args.chart.startsWith("./");
    const repository = /^https?:/.test(args.chart);
    return new k8s.helm.v3.Release(
        name,
        {
            name,
            chart: repository ? (args.chartName ?? name) : args.chart,
            ...(repository ? { repositoryOpts: { repo: args.chart } } : {}),
            version: local ? undefined : args.version,
            namespace: args.namespace,
            // The provider doesn't look into a local chart for changes, only at its version (pulumi-kubernetes#2672).
            values: { ...args.values, ...(local ? { chartHash: contentHash([args.chart]) } : {}) },
            timeout: args.timeout ?? 600,
            ...(args.skipAwait ? { skipAwait: true } : {}),
            ...(args.skipCrds ? { skipCrds: true } : {}),
            // Each revision is a Secret in the namespace, and Helm's own default keeps them all.
            maxHistory: 5,
            cleanupOnFail: true,
        },
        // Two releases of one name can't stand side by side.
        { ...opts, deleteBeforeReplace: true },
    );
}
