import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { runProgram } from "../../../program/program";
import { UserError } from "../../../lib/errors";
import { inProject, packChart } from "../../support/chart-repository";
import { program, rendered, token } from "../../support/rendered";

describe("a rendered stack", () => {
    it("has one file an object, by namespace, kind and name", async () => {
        const { tree } = await rendered({ groups: true });
        assert.deepEqual(
            [...tree.keys()],
            ["demo/ConfigMap.settings.yaml", "demo/Thing.b.example.thing.yaml", "demo/Thing.thing.yaml"],
        );
    });

    it("comes out in the same order whatever ends first", async () => {
        const orders = await Promise.all(Array.from({ length: 3 }, () => rendered({ groups: true, leaks: true })));
        for (const { tree } of orders) assert.deepEqual([...tree], [...orders[0].tree]);
        assert.deepEqual([...orders[0].tree.keys()], [...orders[0].tree.keys()].sort());
    });

    it("quotes what readers of YAML 1.1 would take for something else", async () => {
        const { tree } = await rendered({});
        assert.match(tree.get("demo/ConfigMap.settings.yaml") ?? "", /"on": "on"/);
    });

    it("refuses two resources that are one object", async () => {
        await assert.rejects(rendered({ twice: true }), (error: UserError) => {
            assert.match(error.message, /two resources make the same object, ConfigMap settings/);
            return /settings and .*again|again and .*settings/.test(error.details.where ?? "");
        });
    });

    it("fails as a whole when an output does", async () => {
        await assert.rejects(rendered({ fails: true }), /it can't be worked out/);
    });

    it("shows no secret, wherever the program put it", async () => {
        const directory = mkdtempSync(join(tmpdir(), "render-"));
        const chart = inProject((await packChart(directory)).directory);
        const { tree } = await rendered({ leaks: true, release: { chart, token: true } });
        assert.ok(tree.has("demo/ConfigMap.demo-from-chart.yaml"), [...tree.keys()].join(", "));
        const text = [...tree.values()].join("\n");
        for (const form of [token, Buffer.from(token).toString("base64"), encodeURIComponent(token)]) {
            assert.ok(!text.includes(form), form);
        }
        const pod = tree.get("demo/Pod.pod.yaml") ?? "";
        assert.match(pod, /name: USER\n\s+value: demo/, "what isn't secret stays");
        assert.match(pod, /name: TOKEN\n\s+value: \(masked\)/);
        assert.match(tree.get("demo/Secret.secret.yaml") ?? "", /token: \(masked\)/);
        rmSync(directory, { recursive: true });
    });

    it("doesn't have what is only read", async () => {
        const { tree } = await rendered({ reads: true });
        assert.deepEqual([...tree.keys()], ["demo/ConfigMap.settings.yaml"]);
        const { outputs } = await runProgram({
            ...{ stack: "demo", program, offline: true },
            config: { "data-platform:parts": JSON.stringify({ reads: true }) },
            handler: ({ name, inputs }) => Promise.resolve({ id: name, outputs: inputs }),
        });
        assert.deepEqual([outputs.readName, outputs.readNamespace], ["there", "other"]);
    });
});

describe("a reference to another stack", () => {
    const evaluate = (refersTo: string, more: Partial<Parameters<typeof runProgram>[0]> = {}) =>
        runProgram({
            ...{ stack: "demo", program, offline: true },
            config: { "data-platform:parts": JSON.stringify({ refersTo }) },
            handler: ({ name, inputs }) => Promise.resolve({ id: name, outputs: inputs }),
            ...more,
        });

    it("is answered by that stack's own program", async () => {
        for (const name of ["dev", "organization/data-platform/dev"]) {
            const { outputs } = await evaluate(name);
            assert.deepEqual([outputs.stack, outputs.otherStack], ["demo", "dev"]);
        }
    });

    it("is answered by who knows better", async () => {
        const asked: string[] = [];
        const { outputs } = await evaluate("organization/data-platform/dev", {
            stackOutputs: (name) => {
                asked.push(name);
                return Promise.resolve({ outputs: { stack: "kept" }, secretOutputs: [] });
            },
        });
        assert.deepEqual([asked, outputs.otherStack], [["dev"], "kept"]);
    });

    it("that leads back, or to another project, is an error that says so", async () => {
        await assert.rejects(evaluate("demo"), /refer to each other in a circle: demo -> demo/);
        await assert.rejects(evaluate("acme/shop/dev"), /belongs to another project/);
        await assert.rejects(evaluate("nowhere"), /no stack file Pulumi.nowhere.yaml/);
    });
});
