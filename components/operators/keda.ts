import * as pulumi from "@pulumi/pulumi";

import { operatorResources } from "../../config/sizing/operators";
import { charts } from "../../config/versions";
import { imagePullSecrets } from "../cluster-settings";
import { PodPeer } from "../contracts";
import { registryPath } from "../image-value";
import { prefix } from "../labels";
import { PolicySpec } from "../network";
import { safeToEvict, placementValues } from "../placement";
import { allowWebhook, OperatorArgs, OperatorComponent, withoutCpuLimit } from "./operator";

/** Release, namespace and labels as KEDA's documentation has them; a system that it looks at lets it in by these. */
export const kedaOperator = { release: "keda", namespace: "keda", podLabels: { app: "keda-operator" } };

const metricsLabels = { app: "keda-operator-metrics-apiserver" };
const webhookLabels = { app: "keda-admission-webhooks" };

/** Ports in their pods. */
const ports = { metrics: 6443, webhook: 9443, operator: 9666 };

export interface KedaOperatorArgs extends OperatorArgs {
    /** The event streams of any stack that it may ask how much waits. */
    eventStreams: Pick<PodPeer, "podLabels" | "port">[];
}

/**
 * KEDA, which scales workloads by what waits for them. One a cluster: the API of external metrics is the cluster's own.
 *
 * It may read Secrets of any namespace, because a workload's account lies beside the workload, and KEDA's own switch against that
 * (`permissions.operator.restrict.secret`) would take every account but those of its own namespace away.
 */
export class KedaOperator extends OperatorComponent {
    constructor(name: string, args: KedaOperatorArgs, opts?: pulumi.ComponentResourceOptions) {
        super(
            "data-platform:autoscaling:KedaOperator",
            name,
            { ...kedaOperator, version: charts.keda, allowPolicies: allowPolicies(args), values: values(args) },
            args,
            opts,
        );
    }
}

/** Policies that open the closed namespace, besides the way to the API server. */
const allowPolicies = ({ eventStreams }: Pick<KedaOperatorArgs, "eventStreams">): Record<string, PolicySpec> => ({
    "metrics-api": allowWebhook(metricsLabels, ports.metrics),
    webhook: allowWebhook(webhookLabels, ports.webhook),
    "metrics-to-operator": {
        podSelector: { matchLabels: metricsLabels },
        policyTypes: ["Egress"],
        egress: [
            {
                to: [{ podSelector: { matchLabels: kedaOperator.podLabels } }],
                ports: [{ protocol: "TCP", port: ports.operator }],
            },
        ],
    },
    "operator-from-metrics": {
        podSelector: { matchLabels: kedaOperator.podLabels },
        policyTypes: ["Ingress"],
        ingress: [
            {
                from: [{ podSelector: { matchLabels: metricsLabels } }],
                ports: [{ protocol: "TCP", port: ports.operator }],
            },
        ],
    },
    // Any stack of the cluster may use it: which of them let it in is said by a policy beside each event stream.
    "to-event-streams": {
        podSelector: { matchLabels: kedaOperator.podLabels },
        policyTypes: ["Egress"],
        egress: [
            {
                to: eventStreams.map(({ podLabels }) => ({
                    namespaceSelector: {
                        matchLabels: { [`${prefix}/system`]: "streaming" },
                        matchExpressions: [{ key: `${prefix}/stack`, operator: "Exists" }],
                    },
                    podSelector: { matchLabels: podLabels },
                })),
                ports: [...new Set(eventStreams.map(({ port }) => port))].map((port) => ({ protocol: "TCP", port })),
            },
        ],
    },
});

/** Chart values, pure, so that a test can read them. */
export function values({ placement, mirror }: Pick<OperatorArgs, "placement" | "mirror">): Record<string, unknown> {
    const image = (program: string) => (mirror ? registryPath(`${mirror}/kedacore/${program}`) : {});
    const timing = { timeoutSeconds: 5 };
    const resources = withoutCpuLimit(operatorResources.keda);
    return {
        image: {
            keda: image("keda"),
            metricsApiServer: image("keda-metrics-apiserver"),
            webhooks: image("keda-admission-webhooks"),
            // Tags are versions; upstream's default would ask the registry at each start.
            pullPolicy: "IfNotPresent",
        },
        ...imagePullSecrets(),
        // They are templates of the chart, which skipCrds doesn't leave out.
        crds: { install: false },
        operator: { livenessProbe: timing, readinessProbe: timing },
        metricsServer: { livenessProbe: timing, readinessProbe: timing },
        webhooks: {
            livenessProbe: timing,
            readinessProbe: timing,
            // It only warns of two scalers for one workload, which this program refuses itself: an update needn't wait for it.
            failurePolicy: "Ignore",
        },
        // All three are idle most of the time.
        resources: { operator: resources, metricServer: resources, webhooks: resources },
        ...placementValues(placement),
        podAnnotations: { keda: safeToEvict, metricsAdapter: safeToEvict, webhooks: safeToEvict },
    };
}
