import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { withStackLock } from "../../../../engine/builtin/lock";
import { inDependencyOrder } from "../../../../engine/builtin/deletion-order";
import { ResourceState, State, stateFile } from "../../../../engine/builtin/state";
import { UserError } from "../../../../lib/errors";

function entry(urn: string, dependencies: string[] = [], rest: Partial<ResourceState> = {}): ResourceState {
    return { urn, type: "t", name: urn, custom: true, dependencies, protect: false, retainOnDelete: false, ...rest };
}

describe("the state of the built-in engine", () => {
    let dir: string;
    beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "state-test-"))));
    afterEach(() => rmSync(dir, { recursive: true }));

    it("is on the disk when a put is through, for its owner only", async () => {
        const state = State.load(dir, "x");
        assert.ok(state.empty);
        const random = { inputs: { length: 8 }, outputs: { result: "secret" } };
        await Promise.all([state.put(entry("a", [], { random })), state.put(entry("b")), state.setOutputs({ o: 1 })]);
        const file = stateFile(dir, "x");
        assert.equal(statSync(file).mode & 0o777, 0o600);
        assert.equal(statSync(join(dir, "apply")).mode & 0o777, 0o700);
        const again = State.load(dir, "x");
        assert.deepEqual(again.get("a")?.random, random);
        assert.deepEqual(again.outputs, { o: 1 });
        await again.remove("a");
        assert.deepEqual(
            State.load(dir, "x").entries.map(({ urn }) => urn),
            ["b"],
        );
        await again.clear();
        assert.ok(State.load(dir, "x").empty);
    });

    it("isn't written when nothing has changed", async () => {
        const state = State.load(dir, "x");
        await state.put(entry("a"));
        const { mtimeMs } = statSync(stateFile(dir, "x"));
        await state.put(entry("a"));
        assert.equal(statSync(stateFile(dir, "x")).mtimeMs, mtimeMs);
    });

    it("finds the owner of an object whatever the version of its API", async () => {
        const state = State.load(dir, "x");
        await state.put(
            entry("a", [], { object: { apiVersion: "apps/v1", kind: "Deployment", namespace: "n", name: "d" } }),
        );
        const owner = (apiVersion: string, name: string) =>
            state.owner({ apiVersion, kind: "Deployment", namespace: "n", name })?.urn;
        assert.equal(owner("apps/v2", "d"), "a");
        assert.equal(owner("apps/v1", "e"), undefined);
        assert.equal(owner("other/v1", "d"), undefined);
    });

    it("that is broken is an error with a way out", async () => {
        await State.load(dir, "x").put(entry("a"));
        const file = stateFile(dir, "x");
        writeFileSync(file, readFileSync(file, "utf8").slice(0, 20));
        assert.throws(
            () => State.load(dir, "x"),
            (error: UserError) => /can't be read/.test(error.message) && error.details.where === file,
        );
    });
});

describe("deleting in reverse", () => {
    it("takes dependents and children first, and independent ones together", async () => {
        const order: string[] = [];
        const entries = [
            entry("ns"),
            entry("secret", ["ns"]),
            entry("copy", [], { parent: "secret" }),
            entry("app", ["secret", "copy"]),
            entry("alone"),
        ];
        let running = 0;
        let most = 0;
        const walk = await inDependencyOrder(entries, async ({ urn }) => {
            most = Math.max(most, ++running);
            await new Promise((resolve) => setTimeout(resolve, 5));
            running--;
            order.push(urn);
        });
        assert.deepEqual(
            order.filter((urn) => urn !== "alone"),
            ["app", "copy", "secret", "ns"],
        );
        assert.ok(most > 1);
        assert.equal(walk.done.length, 5);
    });

    it("leaves what a failed one needs, and goes on with the rest", async () => {
        const entries = [entry("ns"), entry("stuck", ["ns"]), entry("other")];
        const walk = await inDependencyOrder(entries, ({ urn }) =>
            urn === "stuck" ? Promise.reject(new Error("no")) : Promise.resolve(),
        );
        assert.deepEqual(
            walk.done.map(({ urn }) => urn),
            ["other"],
        );
        assert.deepEqual(
            walk.held.map(({ urn }) => urn),
            ["ns"],
        );
        assert.equal(walk.failures.length, 1);
    });

    it("finds a circle instead of waiting for ever", async () => {
        await assert.rejects(
            inDependencyOrder([entry("a", ["b"]), entry("b", ["a"])], () => Promise.resolve()),
            /depend on each other/,
        );
    });
});

describe("the lock on a stack", () => {
    let dir: string;
    beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "lock-test-"))));
    afterEach(() => rmSync(dir, { recursive: true }));

    it("lets one in, tells the other who is, and is free afterwards", async () => {
        const file = join(dir, "x.lock");
        await withStackLock(file, "stack x", async () => {
            await assert.rejects(
                withStackLock(file, "stack x", () => Promise.resolve()),
                new RegExp(`another process \\(${process.pid}\\)`),
            );
        });
        assert.equal(await withStackLock(file, "stack x", () => Promise.resolve(1)), 1);
        await assert.rejects(
            withStackLock(file, "stack x", () => Promise.reject(new Error("work failed"))),
            /work failed/,
        );
        assert.equal(await withStackLock(file, "stack x", () => Promise.resolve(2)), 2);
    });

    it("of a process that is gone is no lock, whatever the file says", async () => {
        const file = join(dir, "x.lock");
        writeFileSync(file, `${process.pid}\n`);
        assert.equal(await withStackLock(file, "stack x", () => Promise.resolve(1)), 1);
    });
});
