import assert from "node:assert/strict";

import type { Context, ResourceHandler } from "../../../../engine/builtin/context";
import { applyWithHooks } from "../../../../engine/builtin/hooks";
import type { Operation } from "../../../../kubernetes/diff";
import { clusterInForce } from "../../../../kubernetes/in-force";
import type { Hook } from "../../../../program/hooks";
import { runProgram, type ResourceRequest } from "../../../../program/program";

describe("hooks of a resource, in the built-in engine", () => {
    let log: string[];
    let said: string[];
    const context = (preview = false) =>
        ({ preview, progress: (which: string, text: string) => said.push(`${which}: ${text}`) }) as unknown as Context;
    const hook = (name: string, fails = false): Hook => ({
        name,
        run: ({ newInputs, newOutputs }) => {
            log.push(`${name} ${JSON.stringify(newInputs)}${newOutputs ? ` ${JSON.stringify(newOutputs)}` : ""}`);
            clusterInForce()?.progress("CRDs", "1 of 2");
            return fails ? Promise.reject(new Error(`${name} failed`)) : Promise.resolve();
        },
    });
    const request = (beforeUpdate = hook("before update")) =>
        ({
            ...{ urn: "urn", name: "thing", type: "x:y:Z", inputs: { a: 1 } },
            hooks: {
                beforeCreate: [hook("before create")],
                afterCreate: [hook("after create")],
                beforeUpdate: [beforeUpdate],
                afterUpdate: [hook("after update")],
            },
        }) as unknown as ResourceRequest;
    const handler = (operation: Operation): ResourceHandler => ({
        apply: (_, { preview }) => {
            if (!preview) log.push(operation);
            return Promise.resolve({ operation, result: { id: "id", outputs: { b: 2 } } });
        },
        delete: () => Promise.resolve(),
    });
    beforeEach(() => {
        log = [];
        said = [];
    });

    it("run around its creation, and around a replacement", async () => {
        for (const operation of ["create", "replace"] as const) {
            log = [];
            await applyWithHooks(handler(operation), request(), context());
            assert.deepEqual(log, ['before create {"a":1}', operation, 'after create {"a":1} {"b":2}']);
        }
    });

    it("run around a change", async () => {
        await applyWithHooks(handler("update"), request(), context());
        assert.deepEqual(log, ['before update {"a":1}', "update", 'after update {"a":1} {"b":2}']);
        assert.deepEqual(said, ["thing (CRDs): 1 of 2", "thing (CRDs): 1 of 2"]);
    });

    it("don't run where nothing changes, and in no preview", async () => {
        await applyWithHooks(handler("same"), request(), context());
        await applyWithHooks(handler("create"), request(), context(true));
        assert.deepEqual(log, ["same"]);
    });

    it("leave the resource as it was when one before it fails", async () => {
        const failing = request(hook("before update", true));
        await assert.rejects(applyWithHooks(handler("update"), failing, context()), /before update failed/);
        assert.deepEqual(log, ['before update {"a":1}']);
    });

    it("of deletions are refused, because no program runs then", async () => {
        const program = require.resolve("../../fixtures/hooks.ts");
        const run = (step: string) =>
            runProgram({
                ...{ stack: "test", program, config: { "hooks:step": step } },
                handler: ({ name, inputs, hooks }) => {
                    if (hooks) log.push(`${name}: ${hooks.beforeCreate.map((each) => each.name).join()}`);
                    return Promise.resolve({ id: name, outputs: inputs });
                },
            });
        await run("beforeCreate");
        assert.deepEqual(log, ["thing: work"]);
        await assert.rejects(run("beforeDelete"), /hooks of deletions can't be run here/);
    });
});
