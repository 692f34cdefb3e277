import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { contentHash } from "../config/images";

export interface ReleaseArgs {
    /** A directory of the project (`./charts/minio`) or an `oci://` address. */
    chart: string;
    /** Exact version. @default the one in the directory's Chart.yaml */
    version?: string;
    namespace: pulumi.Input<string>;
    /** Chart values: names of Secrets, never a secret, and known in a preview, so that a wrong chart is found there. */
    values: Record<string, unknown>;
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
    return new k8s.helm.v3.Release(
        name,
        {
            name,
            chart: args.chart,
            version: args.version,
            namespace: args.namespace,
            // The provider doesn't look into a local chart for changes, only at its version (pulumi-kubernetes#2672).
            values: { ...args.values, ...(local ? { chartHash: contentHash([args.chart]) } : {}) },
            timeout: args.timeout ?? 600,
            // Each revision is a Secret in the namespace, and Helm's own default keeps them all.
            maxHistory: 5,
            cleanupOnFail: true,
        },
        // Two releases of one name can't stand side by side.
        { ...opts, deleteBeforeReplace: true },
    );
}
