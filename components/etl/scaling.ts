import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { quantity } from "../../config/units";
import { Autoscaler, ClientPeer, EventStream } from "../contracts";
import { type ArgumentProblem, asking } from "../declarations/declaration";
import { labels } from "../labels";
import { fromPods } from "../network";
import { EtlArgs } from "./args";

/** Between which bounds a service is scaled, and by what: the use of its CPUs, or what waits for it in a topic. */
export interface EtlScaling {
    /** Pods that there always are; 0 only by lag, and a first message then waits until a pod has started. */
    min: number;
    /** Pods that there are at most, up to 100. By lag never more than the topic has partitions: the others would have nothing to do. */
    max: number;
    /** Percent of the CPU request at which pods are added, 10 to 100. @default 70, where there is no `lag` */
    targetCpu?: number;
    /** Scale by a consumer group's lag instead of CPU. Needs KEDA in the cluster (`autoscaling.keda`), and `stream`. */
    lag?: EtlLag;
}

/** Trigger of a scaled workload: the messages of a topic that wait for it. */
export interface EtlLag {
    /** One of the stream's topics. */
    topic: string;
    /** The consumer group that the workload reads as; begins with the application's name, as all that it may use. */
    group: string;
    /** Messages that may wait for each pod before another one is added. @default 1000 */
    messages?: number;
    /** Offset at which the workload begins while its group has read nothing; the same as its own setting. @default latest */
    start?: "earliest" | "latest";
    /** Autoscaler that watches the group: KEDA of the cluster add-ons (`plane.operators.keda`). */
    keda: Autoscaler;
}

/** Part of a service that scaling is about. */
type Scaled = Pick<EtlArgs, "namespace" | "stream" | "resources"> & { replicas?: number; autoscale?: EtlScaling };

const replicaLimit = 100;
const defaultTargetCpu = 70;

/** Maximum number of pods at the same time. */
export function maxPods({ replicas = 1, autoscale }: Pick<Scaled, "replicas" | "autoscale">): number {
    return autoscale?.max ?? replicas;
}

/** Problems of how many there may be. */
export function scalingProblems(args: Scaled): ArgumentProblem[] {
    const { replicas, autoscale } = args;
    if (autoscale) return autoscaleProblems(autoscale, args);
    return replicas === undefined || isBetween(replicas, 0, replicaLimit)
        ? []
        : [{ argument: "replicas", message: `is ${replicas}; it must be a whole number from 0 to ${replicaLimit}` }];
}

function autoscaleProblems(autoscale: EtlScaling, { replicas, stream, resources }: Scaled): ArgumentProblem[] {
    const { min, max, targetCpu, lag } = autoscale;
    const one = (argument: string, message: string) => [{ argument: `autoscale${argument}`, message }];
    if (replicas !== undefined)
        return one("", "and replicas are both there, and would fight over the number of pods; leave replicas out");
    if (targetCpu !== undefined && lag)
        return one("", "has both targetCpu and lag, and two autoscalers of one workload fight; leave one of them out");
    const least = lag ? 0 : 1;
    return [
        ...(isBetween(min, least, replicaLimit)
            ? []
            : one(
                  ".min",
                  `is ${min}; it must be a whole number from ${lag ? 0 : "1 (0 only with lag)"} to ${replicaLimit}`,
              )),
        ...(isBetween(max, 1, replicaLimit)
            ? []
            : one(".max", `is ${max}; it must be a whole number from 1 to ${replicaLimit}`)),
        ...(min > max ? one(".min", `${min} is more than autoscale.max ${max}; raise max or lower min`) : []),
        ...(lag ? lagProblems(lag, stream) : cpuProblems(targetCpu ?? defaultTargetCpu, resources)),
    ];
}

function cpuProblems(target: number, { requests }: EtlArgs["resources"]): ArgumentProblem[] {
    if (!isBetween(target, 10, 100)) {
        const message = `is ${target}; it must be a whole number from 10 to 100 (percent of the CPU request)`;
        return [{ argument: "autoscale.targetCpu", message }];
    }
    return quantity(requests.cpu) > 0
        ? []
        : [
              {
                  argument: "resources.requests.cpu",
                  message: "must be more than 0, because autoscale is by a part of it",
              },
          ];
}

function lagProblems({ group, messages, topic }: EtlLag, stream: EtlArgs["stream"]): ArgumentProblem[] {
    const one = (argument: string, message: string) => [{ argument: `autoscale.lag${argument}`, message }];
    if (!stream)
        return one(
            "",
            `is there, but no stream whose topic "${topic}" could be looked at; give the workload stream: { from, as }`,
        );
    if (!group.startsWith(stream.as))
        return one(
            ".group",
            `is "${group}", which the application "${stream.as}" may not look at; its groups begin with its name`,
        );
    if (stream.from.peer.namespace === undefined)
        return one("", "needs an event stream in the cluster: KEDA is let out to no other; scale by CPU");
    return [
        ...(messages === undefined || isBetween(messages, 1, 1_000_000_000)
            ? []
            : one(".messages", `is ${messages}; it must be a whole number from 1 on`)),
        ...asking("autoscale.lag.topic", () => stream.from.topic(topic)),
    ];
}

function isBetween(value: number, low: number, high: number): boolean {
    return Number.isInteger(value) && value >= low && value <= high;
}

/** Makes the autoscaler of a Deployment. Checked before by `scalingProblems`. */
export function scale(
    name: string,
    args: Scaled,
    deployment: pulumi.Resource,
    child: pulumi.CustomResourceOptions,
): void {
    const { namespace, stream, autoscale } = args;
    if (!autoscale) return;
    const metadata = { name, namespace: namespace.ready, labels: labels({ name, component: "etl" }) };
    const { lag } = autoscale;
    if (lag && stream) {
        scaleByLag(name, { ...args, metadata, stream, autoscale, lag }, deployment, child);
        return;
    }
    new k8s.autoscaling.v2.HorizontalPodAutoscaler(
        name,
        { metadata, spec: cpuAutoscaler(name, autoscale) },
        { ...child, dependsOn: deployment },
    );
}

function cpuAutoscaler(
    name: string,
    { min, max, targetCpu = defaultTargetCpu }: EtlScaling,
): k8s.types.input.autoscaling.v2.HorizontalPodAutoscalerSpec {
    return {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
        minReplicas: min,
        maxReplicas: max,
        metrics: [
            {
                type: "Resource",
                resource: { name: "cpu", target: { type: "Utilization", averageUtilization: targetCpu } },
            },
        ],
        behavior: scaleBehavior,
    };
}

/** Work that was just started is not taken away again by the next quiet minute. */
const scaleBehavior = { scaleDown: { stabilizationWindowSeconds: 300 } };

/** The group and version of KEDA's kinds. */
const apiVersion = "keda.sh/v1alpha1";

/** KEDA's `ScaledObject`, as far as it is used here. */
export interface ScaledObjectSpec {
    scaleTargetRef: { apiVersion: string; kind: string; name: string };
    pollingInterval: number;
    cooldownPeriod: number;
    minReplicaCount: number;
    maxReplicaCount: number;
    advanced: { horizontalPodAutoscalerConfig: { behavior: typeof scaleBehavior } };
    fallback: { failureThreshold: number; replicas: number; behavior: "currentReplicasIfHigher" };
    triggers: { type: "kafka"; metadata: Record<string, string>; authenticationRef: { name: string } }[];
}

/** KEDA's `TriggerAuthentication`, as far as it is used here. */
export interface TriggerAuthenticationSpec {
    secretTargetRef: { parameter: "username" | "password" | "ca"; name: string; key: string }[];
}

type ByLag = Scaled & {
    metadata: object;
    stream: NonNullable<EtlArgs["stream"]>;
    autoscale: EtlScaling;
    lag: EtlLag;
};

/** KEDA as the application itself: what that may read of the event stream is all that KEDA sees of it. */
function scaleByLag(
    name: string,
    { metadata, namespace, stream, autoscale, lag }: ByLag,
    deployment: pulumi.Resource,
    child: pulumi.CustomResourceOptions,
): void {
    const { from, as } = stream;
    const user = from.user(as).in(namespace);
    const trust = from.trust(namespace);
    const authentication = new k8s.apiextensions.CustomResource(
        `${name}-scaler-account`,
        {
            apiVersion,
            kind: "TriggerAuthentication",
            metadata,
            spec: authenticationSpec(user.name, trust?.secretName),
        },
        { ...child, dependsOn: [...lag.keda.ready, user.resource, ...(trust ? [trust.ready] : [])] },
    );
    const policy = new k8s.networking.v1.NetworkPolicy(
        `${name}-scaler`,
        {
            metadata: {
                name: `${name}-scaler`,
                namespace: from.peer.namespace,
                labels: labels({ name: `${name}-scaler`, component: "etl" }),
            },
            spec: ingressRule(from.peer, lag.keda.peer),
        },
        { ...child, dependsOn: [from.ready] },
    );
    new k8s.apiextensions.CustomResource(
        `${name}-scaler`,
        {
            apiVersion,
            kind: "ScaledObject",
            metadata: {
                ...metadata,
                // Ready says that KEDA has been in the event stream by that account.
                annotations: { "pulumi.com/waitFor": "condition=Ready", "pulumi.com/timeoutSeconds": "180" },
            },
            spec: scaledObjectSpec(name, from, autoscale, lag),
        },
        { ...child, dependsOn: [deployment, authentication, policy] },
    );
}

/** Lets the autoscaler in to the event stream, and only that; made beside each workload that asks for it, so that no other stack is open to it. */
export function ingressRule(
    peer: EventStream["peer"],
    client: ClientPeer,
): k8s.types.input.networking.v1.NetworkPolicySpec {
    if (peer.namespace === undefined) throw new pulumi.RunError("outside of the cluster there is nothing to open");
    return {
        podSelector: { matchLabels: peer.podLabels },
        policyTypes: ["Ingress"],
        ingress: [
            {
                from: [fromPods(client)],
                ports: [{ protocol: "TCP", port: peer.port }],
            },
        ],
    };
}

/** Names only; `authority` is left out where images know it. */
export function authenticationSpec(user: string, authority: string | undefined): TriggerAuthenticationSpec {
    return {
        secretTargetRef: [
            { parameter: "username", name: user, key: "username" },
            { parameter: "password", name: user, key: "password" },
            ...(authority ? [{ parameter: "ca" as const, name: authority, key: "ca.crt" }] : []),
        ],
    };
}

/** Builds the spec of KEDA's ScaledObject, pure. */
export function scaledObjectSpec(
    name: string,
    stream: Pick<EventStream, "bootstrap" | "topic">,
    { min, max }: EtlScaling,
    { topic, group, messages = 1000, start = "latest" }: EtlLag,
): ScaledObjectSpec {
    return {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
        // Seconds.
        pollingInterval: 15,
        cooldownPeriod: scaleBehavior.scaleDown.stabilizationWindowSeconds,
        minReplicaCount: min,
        maxReplicaCount: max,
        advanced: { horizontalPodAutoscalerConfig: { behavior: scaleBehavior } },
        // While the event stream can't be asked nobody knows what waits: what runs stays.
        fallback: { failureThreshold: 3, replicas: Math.max(min, 1), behavior: "currentReplicasIfHigher" },
        triggers: [
            {
                type: "kafka",
                metadata: {
                    bootstrapServers: stream.bootstrap,
                    topic: stream.topic(topic),
                    consumerGroup: group,
                    lagThreshold: String(messages),
                    offsetResetPolicy: start,
                    sasl: "scram_sha512",
                    tls: "enable",
                    // The oldest that Kafka 4 still talks (KIP-896); KEDA's own default is older.
                    version: "2.1.0",
                },
                authenticationRef: { name },
            },
        ],
    };
}
