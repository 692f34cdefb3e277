import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { parse, stringify } from "yaml";

import { layered } from "../../kubernetes/kubeconfig-files";
import { BuiltinEngine } from "../../engine/builtin/engine";
import { StackLocked } from "../../engine/engine";
import { connect } from "../../kubernetes/connect";
import { locked } from "../../engine/builtin/builtin";
import { UserError } from "../../lib/errors";
import { Bed, useBed } from "./bed";
import { everything, extra } from "./world";

const stack = "backend";
const pem = (data = "") => Buffer.from(data, "base64").toString();

describe("stacks of the built-in engine", function () {
    this.timeout(120_000);
    let bed: Bed;
    let before: Set<string>;
    let backend: BuiltinEngine;
    let open: (config?: Record<string, string>, kubeconfig?: string) => BuiltinEngine;

    this.beforeAll(async () => {
        bed = await useBed();
        before = await everything(bed.kube);
    });
    beforeEach(async () => {
        const dir = await bed.scratch();
        const program = require.resolve("./fixtures/small.ts");
        process.env.XDG_STATE_HOME = dir;
        open = (config = {}, kubeconfig = bed.kubeconfig) =>
            new BuiltinEngine({
                ...{ dir, program, kubeconfig },
                config: Object.fromEntries(Object.entries(config).map(([key, value]) => [`small:${key}`, value])),
            });
        backend = open();
    });
    afterEach("nothing is left", async () => {
        delete process.env.XDG_STATE_HOME;
        await backend.unprotect(
            stack,
            (await backend.state(stack)).resources.map(({ urn }) => urn),
        );
        await backend.destroy(stack);
        assert.deepEqual(extra(await everything(bed.kube), before), []);
    });

    it("come, are tagged, updated, looked at, destroyed and go", async () => {
        await assert.rejects(backend.tag(stack, { a: "1" }), /there is no stack backend/);
        await backend.create(stack);
        await backend.tag(stack, { a: "1", b: "2" });
        await backend.tag(stack, { b: undefined, c: "3" });
        await backend.create(stack);
        assert.deepEqual(await backend.list(), [{ name: stack, resources: 0, tags: { a: "1", c: "3" } }]);

        const lines: string[] = [];
        const { counts } = await backend.up(stack, { print: (line) => lines.push(line) });
        assert.ok(counts.create > 4);
        assert.match(lines.join("\n"), /Deployment worker/);
        const { resources, pending } = await backend.state(stack);
        assert.deepEqual(pending, []);
        const worker = resources.find(({ name }) => name === "worker");
        assert.equal(worker?.id, "small/worker");
        assert.deepEqual(worker?.object, {
            ...{ apiVersion: "apps/v1", kind: "Deployment", namespace: "small", name: "worker" },
        });
        assert.equal((await backend.find(stack))?.resources, resources.length);
        assert.ok((await backend.find(stack))?.lastUpdate);
        await assert.rejects(backend.remove(stack), /still has/);

        const copy = await backend.backup(stack);
        assert.equal(statSync(copy).mode & 0o777, 0o600);
        await rm(copy);

        const gone = await backend.destroy(stack);
        assert.ok(gone.delete > 4);
        assert.deepEqual(await backend.state(stack), { resources: [], pending: [] });
        await backend.remove(stack);
        await backend.remove(stack);
        assert.deepEqual(await backend.list(), []);
    });

    it("are held by one update at a time, which is named", async () => {
        await backend.create(stack);
        assert.deepEqual(await backend.locks(stack), []);
        await locked({ dir: process.env.XDG_STATE_HOME ?? "", stack }, async () => {
            const [lock] = await backend.locks(stack);
            assert.equal(lock.pid, process.pid);
            await assert.rejects(backend.up(stack), (error) => {
                assert.ok(error instanceof StackLocked);
                assert.equal(error.locks[0].pid, process.pid);
                return true;
            });
            await assert.rejects(backend.unlock(stack), /which lives/);
        });
        assert.deepEqual(await backend.locks(stack), []);
        await backend.unlock(stack);
    });

    it("show what an update had begun, and are settled", async () => {
        const stop = new AbortController();
        const broken = open({ suffering: "never-ready" });
        await assert.rejects(
            broken.up(stack, {
                signal: stop.signal,
                note: (text) => text.includes("worker") && stop.abort(),
            }),
        );
        const { pending } = await backend.state(stack);
        assert.deepEqual(
            pending.map(({ kind, resource }) => [kind, resource.name]).filter(([, name]) => name === "worker"),
            [["updating", "worker"]],
        );
        await backend.settlePending(stack, []);
        assert.deepEqual((await backend.state(stack)).pending, []);
        assert.ok((await backend.state(stack)).resources.some(({ name }) => name === "worker"));
        await backend.up(stack);
    });

    it("keep what is protected, and what it needs, when told to leave it out", async () => {
        await open({ protect: "true" }).up(stack);
        await assert.rejects(backend.destroy(stack), /protected and would be deleted/);
        await backend.destroy(stack, { excludeProtected: true });
        const names = (await backend.state(stack)).resources.map(({ name }) => name);
        assert.ok(names.includes("ns"));
        assert.ok(!names.includes("worker"));
        assert.ok(await bed.kube.get({ apiVersion: "v1", kind: "Namespace", name: "small" }));
    });

    it("forget what is in a cluster that is gone, and nothing while it is there", async () => {
        await backend.up(stack);
        const known = (await backend.state(stack)).resources.find(({ name }) => name === "extra");
        await backend.forget(stack, [known?.urn ?? ""]);
        assert.ok(!(await backend.state(stack)).resources.some(({ name }) => name === "extra"));
        assert.ok(await bed.kube.get({ apiVersion: "v1", kind: "ConfigMap", namespace: "small", name: "extra" }));
        const elsewhere = open({}, "/nowhere/kubeconfig");
        await assert.rejects(elsewhere.destroy(stack), /there is no kubeconfig/);
        const counts = await elsewhere.destroy(stack, { unreachable: true });
        assert.ok(counts.delete > 4);
        assert.deepEqual((await backend.state(stack)).resources, []);
        await bed.kube.delete({ apiVersion: "v1", kind: "Namespace", name: "small" });
        while (await bed.kube.get({ apiVersion: "v1", kind: "Namespace", name: "small" }))
            await new Promise((resolve) => setTimeout(resolve, 200));
    });

    it("are on the cluster that the kubeconfig means", async () => {
        const kube = await connect({ kubeconfig: bed.kubeconfig });
        assert.match(await kube.version(), /^v1\./);
        kube.http.close();
        // By a program that logs in, as the clouds' clusters have it.
        const [admin] = (await layered([bed.kubeconfig])).users;
        const status = { clientCertificateData: pem(admin.certData), clientKeyData: pem(admin.keyData) };
        const dir = await bed.scratch();
        const credential = { apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status };
        await writeFile(join(dir, "credential"), JSON.stringify(credential), { mode: 0o600 });
        const document = parse(readFileSync(bed.kubeconfig, "utf8")) as { users: { user: object }[] };
        const { apiVersion } = credential;
        document.users[0].user = { exec: { apiVersion, command: "cat", args: [join(dir, "credential")] } };
        await writeFile(join(dir, "kubeconfig"), stringify(document));
        const byProgram = await connect({ kubeconfig: join(dir, "kubeconfig") });
        assert.ok((await byProgram.list("v1", "Namespace")).length > 0);
        byProgram.http.close();
        await assert.rejects(connect({ kubeconfig: bed.kubeconfig, context: "other" }), (error) => {
            assert.ok(error instanceof UserError);
            return /"other" is no context/.test(error.message) && error.details.allowed !== undefined;
        });
    });
});
