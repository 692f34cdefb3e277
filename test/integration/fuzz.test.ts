import assert from "node:assert/strict";
import { join } from "node:path";

import fc from "fast-check";

import { KubeObject } from "../../kubernetes/client";
import { declarationOf, collectRequests } from "../../program/collect";
import { Admission } from "../support/admitted";
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

describe("what is taken is taken by the API server, too", function () {
    this.timeout(600_000);
    let admission: Admission;

    before(async () => {
        admission = new Admission((await useBed()).kube);
    });
    after(() => admission.clean());

    const ready = (objects: KubeObject[]) => admission.ready(objects);
    const objections = (objects: KubeObject[]) => admission.objections(objects);

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
