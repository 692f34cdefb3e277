import { readFileSync } from "node:fs";
import { join } from "node:path";

import { teardown, TeardownOptions, TeardownReport } from "../../../operations/teardown";
import { up, Target } from "../../../engine/builtin/builtin";
import { Identity, KubeClient, KubeObject } from "../../../kubernetes/client";
import { prepareCrds } from "../../../tools/charts";
import { repoRoot } from "../../../lib/paths";
import { Bed, useBed } from "../../integration/bed";
import { served, until } from "../../integration/fixtures/prod";
import { backendOf } from "./backend";

/** Waits for seconds where people would wait for minutes; too short for a namespace, which takes some by itself. */
export const hasty: TeardownOptions = { objectTimeout: 4_000 };

const often: TeardownOptions = { objectTimeout: 45_000, interval: 300, grace: 0 };

/** Tears a drill's stack down, as the command does after a yes. */
export function tearDown({ kube }: Bed, target: Target, options: TeardownOptions = {}): Promise<TeardownReport> {
    return teardown({ backend: backendOf(target), kube, stack: target.stack, options: { ...often, ...options } });
}

/** Brings a drill's stack up with some of its parts, e.g. `operator topic`. */
export async function upWith(target: Target, parts: string, config: Record<string, string> = {}): Promise<Target> {
    const prefixed = Object.fromEntries(
        Object.entries({ with: parts, ...config }).map(([key, value]) => [`drill:${key}`, value]),
    );
    const whole = { ...target, config: prefixed };
    await up(whole);
    return whole;
}

export const topicApi = "kafka.strimzi.io/v1";

/** The topic of a drill's stack. */
export function topicOf({ stack }: Pick<Target, "stack">, name = "flights"): Identity {
    return { apiVersion: topicApi, kind: "KafkaTopic", namespace: `${stack}-jobs`, name };
}

/** A topic that is in no state, as a DAG would make something, or somebody by hand. */
export function strayTopic(stack: string, name: string): KafkaTopic {
    return {
        apiVersion: topicApi,
        kind: "KafkaTopic",
        metadata: {
            ...{ name, namespace: `${stack}-jobs`, labels: { "strimzi.io/cluster": "kafka" } },
            finalizers: ["strimzi.io/topic-operator"],
        },
        spec: { partitions: 1, replicas: 1 },
    };
}
type KafkaTopic = KubeObject;

/** Makes the kind KafkaTopic known to the bed. */
export async function defineTopics(): Promise<void> {
    await prepareCrds();
    const { kube } = await useBed();
    const file = join(repoRoot, ".sandbox/crds/strimzi/043-Crd-kafkatopic.json");
    await kube.apply(JSON.parse(readFileSync(file, "utf8")) as KubeObject, { force: true });
    await until("topics are served", () => served(kube, topicApi, "KafkaTopic"));
}

/** An operator that takes its time to let a topic go, and does so only while its Deployment is there. Returns what ends it. */
export function operate(kube: KubeClient, namespace: string): () => Promise<void> {
    const deployment = { apiVersion: "apps/v1", kind: "Deployment", namespace, name: "operator" };
    const seen = new Map<string, number>();
    let going = true;
    const work = (async () => {
        for (; going; await new Promise((resolve) => setTimeout(resolve, 200))) {
            const alive = await kube.get(deployment);
            if (!alive || alive.metadata.deletionTimestamp) continue;
            for (const { metadata } of await kube.list(topicApi, "KafkaTopic", { namespace })) {
                if (!metadata.deletionTimestamp) continue;
                if (!seen.has(metadata.name)) seen.set(metadata.name, Date.now());
                if (Date.now() - (seen.get(metadata.name) ?? 0) > 1_500) await letGo(kube, namespace, metadata.name);
            }
        }
    })();
    return () => {
        going = false;
        return work;
    };
}

/** Takes all finalizers off a topic. */
export async function letGo(kube: KubeClient, namespace: string, name: string): Promise<void> {
    await kube.http
        .send({
            method: "PATCH",
            path: `/apis/${topicApi}/namespaces/${namespace}/kafkatopics/${name}`,
            contentType: "application/merge-patch+json",
            body: { metadata: { finalizers: null } },
        })
        .catch(() => undefined);
}

/** Lets every topic go, so that nothing of a drill is left. */
export async function letAllGo(): Promise<void> {
    const { kube } = await useBed();
    for (const { metadata } of await kube.list(topicApi, "KafkaTopic").catch(() => []))
        await letGo(kube, metadata.namespace ?? "", metadata.name);
}
