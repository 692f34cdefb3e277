import { createHash } from "node:crypto";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { anywhere, notPublicIn } from "../../config/addresses";
import { egressSystem } from "../../config/sections/egress";
import { imageRef } from "../../config/images";
import { quotaFor } from "../../config/quotas";
import { PlatformConfig } from "../../config/schema";
import { podAccount } from "../account";
import { imagePullSecrets } from "../cluster-settings";
import { NamedEgress, NamedHost, NamedWay, NamespaceRef } from "../contracts";
import { labels, prefix, selectorLabels, versionOf } from "../labels";
import { restrictedNamespace } from "../namespace";
import { fromPods } from "../network";
import { onceEvaluated } from "../once-evaluated";
import { Placement, placementValues, safeToEvict, spread } from "../placement";
import { restrictedContainer, restrictedPod } from "../restricted";
import { byPort, drainSeconds, healthPort, Listener, squidConf, targetPorts } from "./squid";

export interface EgressProxyArgs {
    /** Sizes, as in the stack's config. */
    config: PlatformConfig["egress"];
    /** How the stack's namespaces are made: it has one of its own, where nobody's code runs. */
    namespaces: Pick<PlatformConfig["namespaces"], "prefix" | "podSecurityVersion">;
    /** The stack is destroyed when its time is over. @default false */
    ephemeral?: boolean;
    images: PlatformConfig["images"];
    /** Nodes and priority: it is a server. */
    placement: Placement;
}

/** Ports of workloads: from the first of them on, so many. */
const [firstPort, portCount] = [20_000, 10_000];

/** Squid takes 128 listeners (MAXTCPLISTENPORTS), of which one is for the probes. */
const mostListeners = 127;

/**
 * A proxy of the stack's own, by which workloads reach the hosts that they have named and no others: a port and a list of hosts a
 * workload. Addresses that aren't public are refused under any name, by the proxy and by its NetworkPolicy.
 *
 * What workloads say to it is plain HTTP, because few programs speak TLS to a proxy; what goes through it is their own TLS, which it
 * can't read. It is made from all declarations of one evaluation of the program; what comes later is an error.
 */
export class EgressProxy extends pulumi.ComponentResource implements NamedEgress {
    private readonly name = "egress-proxy";
    private readonly listeners = new Map<string, Listener>();
    private readonly namespace: NamespaceRef;
    private readonly ready: pulumi.Resource[];
    private closed = false;

    constructor(name: string, args: EgressProxyArgs, opts: pulumi.ComponentResourceOptions) {
        super("data-platform:egress:EgressProxy", name, {}, opts);
        const { config, namespaces, ephemeral } = args;
        const child = { parent: this };
        this.namespace = restrictedNamespace(
            `${namespaces.prefix ?? pulumi.getStack()}-${egressSystem}`,
            {
                system: egressSystem,
                podSecurityVersion: namespaces.podSecurityVersion,
                quota: quotaFor([{ pods: config.replicas, surge: 1, resources: config.resources }]),
                ephemeral,
            },
            child,
        );
        const listeners = onceEvaluated(() => {
            this.closed = true;
            return [...this.listeners.values()];
        });
        const policy = this.policy(listeners, child);
        const deployment = this.deployment(args, listeners, { ...child, dependsOn: policy });
        const service = new k8s.core.v1.Service(
            this.name,
            {
                metadata: this.metadata(),
                spec: {
                    selector: selectorLabels({ name: this.name }),
                    ports: listeners.apply((all) =>
                        byPort(all).map(({ port }) => ({ name: `port-${port}`, port, targetPort: port })),
                    ),
                },
            },
            { ...child, dependsOn: deployment },
        );
        if (config.replicas > 1) {
            new k8s.policy.v1.PodDisruptionBudget(
                this.name,
                {
                    metadata: this.metadata(),
                    spec: { maxUnavailable: 1, selector: { matchLabels: selectorLabels({ name: this.name }) } },
                },
                child,
            );
        }
        this.ready = [service];
        this.registerOutputs({});
    }

    open(workload: { namespace: string; name: string }, hosts: readonly NamedHost[]): NamedWay {
        const { port } = this.listener(workload, hosts);
        const peer = {
            namespace: this.namespace.name,
            podLabels: selectorLabels({ name: this.name }),
            port,
            clientLabels: {},
        };
        return { peers: [peer], proxy: `http://${this.name}.${this.namespace.name}.svc:${port}`, ready: this.ready };
    }

    private listener({ namespace, name }: { namespace: string; name: string }, hosts: readonly NamedHost[]): Listener {
        const key = `${namespace}/${name}`;
        const known = this.listeners.get(key);
        if (known) return known;
        if (this.closed) {
            throw new pulumi.RunError(
                `${name} names hosts in its egress after the program has been evaluated, inside an apply or after an await: the proxy's list is made before that; declare it at the top`,
            );
        }
        if (this.listeners.size === mostListeners) {
            throw new pulumi.RunError(
                `${name} is the ${mostListeners + 1}th workload that names hosts in its egress, and the proxy has ports for ${mostListeners}; open addresses for some by { cidr, port }, or let workloads that reach the same share a declaration`,
            );
        }
        const listener = { namespace, workload: name, hosts, port: this.freePort(key) };
        this.listeners.set(key, listener);
        return listener;
    }

    /** A port that stays the same whatever other workloads there are, but where two would have the same one. */
    private freePort(key: string): number {
        const taken = new Set([...this.listeners.values()].map(({ port }) => port));
        const hash = createHash("sha256").update(key).digest().readUInt32BE() % portCount;
        for (let step = 0; ; step++) {
            const port = firstPort + ((hash + step) % portCount);
            if (!taken.has(port)) return port;
        }
    }

    private metadata() {
        return {
            name: this.name,
            namespace: this.namespace.ready,
            labels: labels({ name: this.name, component: "egress" }),
        };
    }

    private policy(listeners: pulumi.Output<Listener[]>, child: pulumi.CustomResourceOptions): pulumi.Resource {
        const clients = (all: Listener[]) =>
            byPort(all).map(({ namespace, workload: name, port }) => ({
                from: [fromPods({ namespace, podLabels: selectorLabels({ name }) })],
                ports: [{ protocol: "TCP", port }],
            }));
        const outside = anywhere.map((cidr) => ({ ipBlock: { cidr, except: notPublicIn(cidr) } }));
        return new k8s.networking.v1.NetworkPolicy(
            this.name,
            {
                metadata: this.metadata(),
                spec: {
                    podSelector: { matchLabels: selectorLabels({ name: this.name }) },
                    policyTypes: ["Ingress", "Egress"],
                    ingress: listeners.apply(clients),
                    egress: listeners.apply((all) => [
                        {
                            to: outside,
                            ports: targetPorts(all.flatMap(({ hosts }) => hosts)).map((port) => ({
                                protocol: "TCP",
                                port,
                            })),
                        },
                    ]),
                },
            },
            child,
        );
    }

    private deployment(
        { config, images, placement }: EgressProxyArgs,
        listeners: pulumi.Output<Listener[]>,
        opts: pulumi.CustomResourceOptions,
    ): pulumi.Resource {
        const { name } = this;
        const image = imageRef("egress-proxy", images);
        const conf = listeners.apply(squidConf);
        const file = new k8s.core.v1.ConfigMap(name, { metadata: this.metadata(), data: { "squid.conf": conf } }, opts);
        const account = podAccount(name, this.metadata(), opts);
        const selector = selectorLabels({ name });
        const check = { tcpSocket: { port: healthPort }, timeoutSeconds: 5 };
        return new k8s.apps.v1.Deployment(
            name,
            {
                metadata: this.metadata(),
                spec: {
                    replicas: config.replicas,
                    selector: { matchLabels: selector },
                    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
                    minReadySeconds: 2,
                    revisionHistoryLimit: 3,
                    template: {
                        metadata: {
                            labels: labels({ name, component: "egress", version: versionOf(image) }),
                            annotations: {
                                ...safeToEvict,
                                // A proxy reads its config once.
                                [`${prefix}/config`]: conf.apply(fingerprint),
                            },
                        },
                        spec: {
                            serviceAccountName: name,
                            ...imagePullSecrets(),
                            automountServiceAccountToken: false,
                            enableServiceLinks: false,
                            terminationGracePeriodSeconds: drainSeconds + 15,
                            ...placementValues(placement),
                            topologySpreadConstraints: spread(selector),
                            securityContext: restrictedPod({ runAsUser: 10001, runAsGroup: 10001, fsGroup: 10001 }),
                            containers: [
                                {
                                    name,
                                    image,
                                    imagePullPolicy: images.pullPolicy,
                                    // In the foreground, one process.
                                    command: ["squid", "-N", "-f", "/etc/egress/squid.conf"],
                                    env: [{ name: "HOME", value: "/tmp" }],
                                    resources: config.resources,
                                    ports: listeners.apply((all) =>
                                        [healthPort, ...byPort(all).map(({ port }) => port)].map((containerPort) => ({
                                            containerPort,
                                        })),
                                    ),
                                    startupProbe: { ...check, periodSeconds: 2, failureThreshold: 30 },
                                    readinessProbe: { ...check, periodSeconds: 10, failureThreshold: 2 },
                                    livenessProbe: { ...check, periodSeconds: 10, failureThreshold: 6 },
                                    // New connections still come for a moment after the pod is told to end.
                                    lifecycle: { preStop: { sleep: { seconds: 5 } } },
                                    securityContext: restrictedContainer(),
                                    volumeMounts: [
                                        { name: "config", mountPath: "/etc/egress", readOnly: true },
                                        { name: "tmp", mountPath: "/tmp" },
                                    ],
                                },
                            ],
                            volumes: [
                                { name: "config", configMap: { name: file.metadata.name } },
                                { name: "tmp", emptyDir: { sizeLimit: "16Mi" } },
                            ],
                        },
                    },
                },
            },
            { ...opts, dependsOn: [...[opts.dependsOn as pulumi.Resource], account, file] },
        );
    }
}

function fingerprint(text: string): string {
    return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
