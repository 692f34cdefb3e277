import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { SparkConfig } from "../../config/sections/spark";
import { quantity } from "../../config/units";
import { ObjectStore, SparkRuntime } from "../contracts";
import { EtlArgs } from "../etl/args";
import { podTemplate } from "../etl/pod";
import { createPrerequisites } from "../etl/prerequisites";
import { labels, selectorLabels } from "../labels";
import { Placement } from "../placement";
import { storeConf } from "./conf";

export interface SparkHistoryServerArgs {
    /** Runtime whose jobs it shows. */
    runtime: SparkRuntime;
    /** Its user `spark-history` may read the bucket of the event logs. */
    store: ObjectStore;
    resources: SparkConfig["historyServer"]["resources"];
    /** It is a server. */
    placement: Placement;
}

/** Port of its pages, on localhost of its pod. */
const port = 18080;

/**
 * Shows the event logs of jobs that have ended.
 *
 * It has no users and no TLS of its own, so it listens on localhost only: whoever may forward a port to its pod sees it,
 * `kubectl --namespace <namespace> port-forward deployment/<name> 18080`.
 */
export class SparkHistoryServer extends pulumi.ComponentResource {
    constructor(name: string, args: SparkHistoryServerArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:spark:SparkHistoryServer", name, {}, opts);
        const child = { parent: this };
        const { namespace } = args.runtime;
        const etl = etlArgs(args);
        const dependsOn = createPrerequisites(name, etl, child);
        const selector = selectorLabels({ name });
        new k8s.apps.v1.Deployment(
            name,
            {
                metadata: { name, namespace: namespace.ready, labels: labels({ name, component: "spark" }) },
                spec: {
                    replicas: 1,
                    selector: { matchLabels: selector },
                    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
                    revisionHistoryLimit: 3,
                    template: podTemplate(name, etl, {
                        restartPolicy: "Always",
                        container: { command: undefined, ...probes },
                    }),
                },
            },
            { ...child, dependsOn },
        );
        this.registerOutputs({});
    }
}

function etlArgs({ runtime, store, resources, placement }: SparkHistoryServerArgs): EtlArgs {
    const user = "spark-history";
    const options = {
        "spark.history.fs.logDirectory": runtime.eventLog,
        "spark.history.ui.port": String(port),
        // It may only read.
        "spark.history.fs.cleaner.enabled": "false",
        "spark.history.fs.update.interval": "30s",
        ...storeConf(store, user),
    };
    return {
        namespace: runtime.namespace,
        image: runtime.image,
        pullPolicy: runtime.pullPolicy,
        command: [],
        args: ["history-server"],
        env: {
            SPARK_HISTORY_OPTS: Object.entries(options)
                .map(([key, value]) => `-D${key}=${value}`)
                .join(" "),
            SPARK_DAEMON_MEMORY: heap(resources.limits.memory),
            // Where it listens.
            SPARK_LOCAL_IP: "127.0.0.1",
        },
        resources,
        store: { from: store, as: user },
        user: 185,
        // A server, whatever priority a workload of these words would have.
        placements: { critical: placement, batch: placement },
    };
}

/** Half of what it may take, in Java's words. */
function heap(limit: string): string {
    return `${Math.floor(quantity(limit) / 2 ** 21)}m`;
}

// The kubelet can't reach localhost of a pod, but a program in it can.
const asked = (seconds: number) => ({
    exec: { command: ["bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${port}`] },
    periodSeconds: seconds,
    timeoutSeconds: 5,
});
const probes = {
    startupProbe: { ...asked(3), failureThreshold: 40 },
    readinessProbe: { ...asked(15), failureThreshold: 2 },
    livenessProbe: { ...asked(30), failureThreshold: 4 },
};
