import assert from "node:assert/strict";
import { join } from "node:path";

import fc from "fast-check";

import { KubeClient, KubeError, KubeObject } from "../../kubernetes/client";
import { declarationOf, collectRequests } from "../../program/collect";
import { configs } from "../support/fuzz/configs";
import { declarations } from "../support/fuzz/declarations";
import { outcomeOfConfig, outcomeOfDeclaration } from "../support/fuzz/outcomes";
import { seed } from "../support/fuzz/seed";
import { useBed } from "./bed";

/** Inputs that are looked at, of which about a third is taken; the rest of the 10,000 is looked at without a server. */
const sampled = { declarations: 900, configs: 300 };
/** Stacks that are evaluated as a whole. */
const stacks = 6;

const program = join(__dirname, "../unit/fixtures/declarations.ts");

interface Template {
    metadata?: object;
    spec?: object;
}

describe("what is taken is taken by the API server, too", function () {
    this.timeout(600_000);
    let kube: KubeClient;
    const namespaces = new Set<string>();

    before(async () => {
        ({ kube } = await useBed());
    });
    after(async () => {
        for (const name of namespaces) {
            const identity = { apiVersion: "v1", kind: "Namespace", name };
            await kube.delete(identity);
            while (await kube.get(identity)) await new Promise((resolve) => setTimeout(resolve, 200));
        }
    });

    /** Makes namespaces as they are declared, so that Pod Security looks at what is in them. */
    async function ready(objects: KubeObject[]): Promise<void> {
        for (const object of objects.filter(({ kind }) => kind === "Namespace")) {
            const { name } = object.metadata;
            if (namespaces.has(name)) continue;
            namespaces.add(name);
            await kube.apply(object, { force: true });
            const account = { apiVersion: "v1", kind: "ServiceAccount", namespace: name, name: "default" };
            while (!(await kube.get(account))) await new Promise((resolve) => setTimeout(resolve, 100));
        }
    }

    /** Objections of the server to objects that it is only asked about. */
    async function objections(objects: KubeObject[]): Promise<string[]> {
        const found: string[] = [];
        const waiting = objects.flatMap(asked);
        await Promise.all(
            Array.from({ length: 4 }, async () => {
                for (let next = waiting.pop(); next; next = waiting.pop()) {
                    const { kind, metadata } = next;
                    await kube.apply(next, { dryRun: true, force: true }).catch((error: unknown) => {
                        if (!(error instanceof KubeError)) throw error;
                        found.push(`${kind} ${metadata.namespace ?? ""}/${metadata.name}: ${error.message}`);
                    });
                }
            }),
        );
        return found;
    }

    /** Objects by which the server is asked about one: itself, and the pods that others would make of it. */
    function asked(object: KubeObject): KubeObject[] {
        const { kind, metadata, spec } = object as KubeObject & { spec?: Record<string, unknown> };
        if (kind === "Pod") return [pod(metadata, spec ?? {})];
        if (kind === "Namespace" || kind === "CustomResourceDefinition") return [];
        if (!/^(?!sparkoperator)([a-z]+|.*\.k8s\.io)\/|^v1$/.test(object.apiVersion)) {
            const { namespace, name, labels, annotations } = metadata;
            // A kind that the server doesn't know here: its names and labels at least, and the pods of a Spark application.
            const known = {
                apiVersion: "v1",
                kind: "ConfigMap",
                metadata: { namespace: namespace ?? "default", name, labels, annotations },
            };
            const inner = (spec?.template ?? spec) as {
                driver?: { template: Template };
                executor?: { template: Template };
            };
            const pods = [inner.driver, inner.executor].flatMap((part) => part?.template ?? []);
            return [
                known,
                ...pods.map((template): KubeObject => ({
                    ...{ apiVersion: "v1", kind: "PodTemplate", metadata: { namespace, name }, template },
                })),
            ];
        }
        return [object];
    }

    /** A task's pod, as the server is asked about it: its account and class aren't there. */
    function pod({ labels, annotations, namespace }: KubeObject["metadata"], spec: object): KubeObject {
        const own = { ...spec, serviceAccountName: undefined, priorityClassName: undefined };
        return { apiVersion: "v1", kind: "Pod", metadata: { namespace, name: "task", labels, annotations }, spec: own };
    }

    async function objectsOf(
        options: Pick<Parameters<typeof collectRequests>[0], "program" | "config" | "secretKeys" | "stack">,
    ) {
        const { requests, outputs } = await collectRequests({
            ...options,
            offline: true,
            generated: () => "generated",
        });
        const objects = requests.flatMap(
            (request) => declarationOf(request).object?.manifest ?? [],
        ) as unknown as KubeObject[];
        return { objects, outputs };
    }

    const namespace = (name: string): KubeObject => ({
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    });

    it("declarations: every object, and the pods of tasks and Spark's jobs", async () => {
        const taken = fc
            .sample(declarations, { seed, numRuns: sampled.declarations })
            .filter((each) => outcomeOfDeclaration(each).problems.length === 0);
        // Each name once; that two can't be is another rule.
        const each = [...new Map(taken.map((declaration) => [declaration.name, declaration])).values()];
        await ready(["sandbox-jobs", "sandbox-streaming"].map(namespace));
        const { objects, outputs } = await objectsOf({
            stack: "sandbox",
            program,
            config: { "test:declarations": JSON.stringify(each) },
        });
        const tasks = outputs.tasks as KubeObject[];
        const found = await objections([...objects, ...tasks]);
        process.stdout.write(`      seed ${seed}: ${each.length} declarations, ${objects.length} objects\n`);
        assert.ok(each.length > sampled.declarations / 10);
        assert.deepEqual(found, [], explained(found, each));
    });

    /** The declarations of what was refused. */
    const explained = (found: string[], all: { name: unknown }[]) =>
        found
            .slice(0, 10)
            .map((each) =>
                [
                    each,
                    ...all.filter(({ name }) => each.includes(`/${String(name)}`)).map((one) => JSON.stringify(one)),
                ].join("\n"),
            )
            .join("\n");

    it("stack files: every object of a whole stack", async () => {
        const taken = fc
            .sample(configs, { seed, numRuns: sampled.configs })
            .filter((raw) => Object.keys(raw).length > 2 && outcomeOfConfig(raw).problems.length === 0);
        for (const raw of taken.slice(0, stacks)) {
            const config = Object.fromEntries(
                Object.entries(raw).map(([key, value]) => [`data-platform:${key}`, JSON.stringify(value)]),
            );
            const { objects } = await objectsOf({ stack: "fuzz", config, secretKeys: ["data-platform:credentials"] });
            await ready(objects);
            assert.ok(objects.length > 100, `${objects.length} objects`);
            assert.deepEqual(await objections(objects), [], JSON.stringify(raw));
        }
    });

    it("an object that can't be is found", async () => {
        await ready([namespace("sandbox-jobs")]);
        const bad = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "Bad_Name", namespace: "sandbox-jobs" } };
        assert.equal((await objections([bad])).length, 1);
    });
});
