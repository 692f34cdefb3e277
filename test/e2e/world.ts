import { createHash } from "node:crypto";

import { KubeClient, KubeObject } from "../../kubernetes/client";
import { layout } from "../../sandbox/cluster/layout";
import { run } from "../../lib/exec";
import { repoRoot } from "../../lib/paths";
import { Outputs, Platform } from "../../sandbox/sample-run";
import { sandbox } from "./sandbox-command";
import { SecretValue, secretValues } from "../support/secrets";

export const minute = 60_000;
export const rows = 336_776;
export const at = layout();

/** Namespaces of the stack, by system. */
export const ns = Object.fromEntries(
    ["storage", "streaming", "database", "tracking", "orchestration", "jobs"].map((name) => [name, `sandbox-${name}`]),
);

/** Every namespace that the program makes: the stack's own, and those of the operators. */
export const namespaces = [...Object.values(ns), "cert-manager", "spark-operator"];

/** A line of measurements below the test's name. */
export function tell(text: string): void {
    console.log(`        (${text})`);
}

export function seconds(since: number): string {
    return `${((Date.now() - since) / 1000).toFixed(0)} s`;
}

export async function gitStatus(): Promise<string> {
    return (await run("git", ["status", "--porcelain"], { cwd: repoRoot })).stdout;
}

export function pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Asks until there is an answer. @throws when there is none within `limit` milliseconds */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false>, limit: number): Promise<T> {
    const deadline = Date.now() + limit;
    for (;;) {
        const answer = await ask();
        if (answer !== undefined && answer !== false) return answer;
        if (Date.now() > deadline) throw new Error(`${what}: not within ${limit / 1000} s`);
        await pause(1_000);
    }
}

/** The platform that the tests are about, once it is up. */
export class World {
    platform!: Platform;
    /** Every password in the cluster. */
    secrets: SecretValue[] = [];

    get kube(): KubeClient {
        return this.platform.kube;
    }

    async open(): Promise<void> {
        const outputs = JSON.parse((await sandbox(["outputs"])).stdout) as Outputs;
        this.platform = new Platform(at.kubeconfig, outputs, new AbortController().signal);
        this.secrets = await secretValues(this.kube, namespaces);
    }

    close(): void {
        (this.platform as Platform | undefined)?.close();
    }

    /** Pods of a StatefulSet or Deployment that are not on their way out; those of a release's jobs don't count. */
    async podsOf(namespace: string, owner: string): Promise<KubeObject[]> {
        const pods = await this.kube.list("v1", "Pod", { namespace });
        const owns = new RegExp(`^(StatefulSet ${owner}|ReplicaSet ${owner}-[a-z0-9]+)$`);
        return pods.filter(
            ({ metadata }) =>
                !metadata.deletionTimestamp &&
                metadata.ownerReferences?.some(({ kind, name }) => owns.test(`${kind} ${name}`)),
        );
    }

    /** Deletes the pods of a StatefulSet or Deployment, and waits until others are ready in their place. */
    async replacePods(namespace: string, owner: string): Promise<void> {
        const before = await this.podsOf(namespace, owner);
        if (before.length === 0) throw new Error(`there is no pod of ${namespace}/${owner}`);
        for (const { metadata } of before) {
            await this.kube.delete({ apiVersion: "v1", kind: "Pod", namespace, name: metadata.name }, "Background");
        }
        const old = new Set(before.map(({ metadata }) => metadata.uid));
        await until(
            `others in place of the pods of ${namespace}/${owner}`,
            async () => {
                const now = await this.podsOf(namespace, owner);
                return now.length >= before.length && now.every((pod) => !old.has(pod.metadata.uid) && isReady(pod));
            },
            4 * minute,
        );
    }

    /** Hashes of what is in each Secret; Helm's own records change with each release. */
    async secretHashes(): Promise<Record<string, string>> {
        const hashes: Record<string, string> = {};
        for (const namespace of namespaces) {
            for (const { metadata, type, data = {} } of await this.kube.list("v1", "Secret", { namespace })) {
                if (type === "helm.sh/release.v1") continue;
                const sorted = JSON.stringify(Object.entries(data as object).sort());
                hashes[`${namespace}/${metadata.name}`] = createHash("sha256").update(sorted).digest("hex");
            }
        }
        return hashes;
    }
}

export function isReady({ status }: KubeObject): boolean {
    const conditions = (status?.conditions as { type: string; status: string }[] | undefined) ?? [];
    return conditions.some(({ type, status: is }) => type === "Ready" && is === "True");
}
