import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { PodPeer } from "../contracts";
import { accepted, componentName, placed } from "../declarations";
import { labels, selectorLabels, usesLabel } from "../labels";
import { spread } from "../placement";
import { EtlArgs } from "./args";
import { serviceDeclaration } from "./declaration";
import { demand } from "./demand";
import { podTemplate } from "./pod";
import { EtlScaling, maxPods, scale } from "./scaling";
import { createPrerequisites } from "./prerequisites";

/** Asks whether a pod works: by HTTP on the service's port, or by a command for one without a port. */
export type EtlProbe = { path: string } | { command: string[] };

export interface EtlServiceArgs extends EtlArgs {
    /** @default 1 */
    replicas?: number;
    /** Port that it serves HTTP on. @default none, and no Service */
    port?: number;
    /** Probe that tells whether a pod may be sent work, and whether it must be restarted. */
    probe: EtlProbe;
    /** Seconds that it may take to start. @default 60 */
    startTimeout?: number;
    /** Add pods when there is more to do, and take them away again. The number is the autoscaler's then. @default none */
    autoscale?: EtlScaling;
}

/** A workload that runs all the time, replaced without a gap. */
export class EtlService extends pulumi.ComponentResource {
    /** Address inside the cluster, for one that has a port. */
    readonly url: string | undefined;
    /** Peer for clients that have it among their `services`, for one that has a port. */
    readonly peer: PodPeer | undefined;

    constructor(name: string, args: EtlServiceArgs, opts?: pulumi.ComponentResourceOptions) {
        super("data-platform:etl:EtlService", componentName(name), {}, opts);
        if (!accepted(serviceDeclaration(name, args), placed(opts))) return;
        demand(`EtlService "${name}"`, args, { pods: maxPods(args), surge: 1 });
        const child = { parent: this };
        const { port, autoscale } = args;
        const several = maxPods(args) > 1;

        const dependsOn = createPrerequisites(name, args, child, port);
        const metadata = { name, namespace: args.namespace.ready, labels: labels({ name, component: "etl" }) };
        const selector = selectorLabels({ name });
        const deployment = new k8s.apps.v1.Deployment(
            name,
            {
                metadata,
                spec: {
                    // Left out the number belongs to the autoscaler: no update sets it back.
                    replicas: autoscale ? undefined : (args.replicas ?? 1),
                    selector: { matchLabels: selector },
                    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
                    minReadySeconds: 5,
                    revisionHistoryLimit: 3,
                    template: podTemplate(name, args, {
                        restartPolicy: "Always",
                        container: { ...probes(args), ...(port ? served(port) : {}) },
                        pod: several ? { topologySpreadConstraints: spread(selector) } : {},
                    }),
                },
            },
            { ...child, dependsOn },
        );
        if (port) {
            new k8s.core.v1.Service(
                name,
                { metadata, spec: { selector, ports: [{ name: "http", port, targetPort: "http" }] } },
                { ...child, dependsOn: deployment },
            );
        }
        if (several) {
            new k8s.policy.v1.PodDisruptionBudget(
                name,
                { metadata, spec: { maxUnavailable: 1, selector: { matchLabels: selector } } },
                child,
            );
        }
        scale(name, args, deployment, child);

        this.peer = port
            ? { namespace: args.namespace.name, podLabels: selector, port, clientLabels: usesLabel(name) }
            : undefined;
        this.url = port ? `http://${name}.${args.namespace.name}.svc:${port}` : undefined;
        this.registerOutputs({ url: this.url });
    }
}

function served(port: number) {
    return {
        ports: [{ name: "http", containerPort: port }],
        // Requests still come for a moment after the pod is told to end: until every node knows that it is gone.
        lifecycle: { preStop: { sleep: { seconds: 5 } } },
    };
}

function probes({ probe, startTimeout = 60 }: EtlServiceArgs) {
    const check =
        "path" in probe ? { httpGet: { path: probe.path, port: "http" } } : { exec: { command: probe.command } };
    const timing = { periodSeconds: 10, timeoutSeconds: 5 };
    return {
        startupProbe: { ...check, ...timing, periodSeconds: 2, failureThreshold: Math.ceil(startTimeout / 2) },
        readinessProbe: { ...check, ...timing, failureThreshold: 2 },
        livenessProbe: { ...check, ...timing, failureThreshold: 6 },
    };
}
