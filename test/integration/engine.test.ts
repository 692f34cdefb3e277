import assert from "node:assert/strict";

import { destroy, preview, Target, up } from "../../engine/builtin/builtin";
import { Change } from "../../engine/builtin/change";
import { Identity, KubeError } from "../../kubernetes/client";
import { UserError } from "../../lib/errors";
import { Bed, useBed } from "./bed";
import { failure } from "../support/drills/scene";
import { everything, extra } from "./world";

const configMap = (name: string): Identity => ({ apiVersion: "v1", kind: "ConfigMap", namespace: "small", name });

function changed(changes: Change[]): string[] {
    return changes
        .filter(({ operation }) => operation !== "same")
        .map(({ operation, name }) => `${operation} ${name}`)
        .sort();
}

describe("the built-in engine, when things go wrong", function () {
    this.timeout(120_000);
    let bed: Bed;
    let before: Set<string>;
    let target: Target;
    const withConfig = (config: Record<string, string>): Target => ({
        ...target,
        config: Object.fromEntries(Object.entries(config).map(([key, value]) => [`small:${key}`, value])),
    });

    this.beforeAll(async () => {
        bed = await useBed();
        before = await everything(bed.kube);
    });
    beforeEach(async () => {
        const program = require.resolve("./fixtures/small.ts");
        target = { stack: "test", kubeconfig: bed.kubeconfig, dir: await bed.scratch(), program, config: {} };
    });
    afterEach("nothing is left", async () => {
        await destroy(target);
        assert.deepEqual(extra(await everything(bed.kube), before), []);
    });

    it("leaves an object alone that is there already, names it, and takes it over when told to", async () => {
        await bed.kube.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "small" } });
        await bed.kube.create({ ...asObject(configMap("extra")), data: { colour: "theirs" } });
        const error = await failure(up(target));
        assert.match(error.message, /Namespace small exists already and was not made by this stack/);
        assert.match(error.render(), /--adopt/);
        assert.match((await failure(preview(target))).message, /exists already/);
        assert.deepEqual((await bed.kube.get(configMap("extra")))?.data, { colour: "theirs" });

        await up(target, { adopt: true });
        const { colour } = ((await bed.kube.get(configMap("extra")))?.data ?? {}) as Record<string, string>;
        assert.equal(colour, "green");
    });

    it("doesn't overwrite a field that somebody else has set, and does when told to", async () => {
        await up(target);
        const theirs = { ...asObject(configMap("extra")), data: { colour: "theirs" } };
        await bed.kube.http.send({
            method: "PATCH",
            path: "/api/v1/namespaces/small/configmaps/extra?fieldManager=somebody&force=true",
            body: theirs,
            contentType: "application/apply-patch+yaml",
        });
        assert.deepEqual(changed((await preview(target)).changes), ["update extra"]);
        const error = await failure(up(target));
        assert.match(error.message, /ConfigMap small\/extra has fields that somebody else has changed/);
        assert.match(error.render(), /somebody/);
        assert.deepEqual(changed((await up(target, { adopt: true })).changes), ["update extra"]);
    });

    it("says at once that Pod Security forbids the pods of a workload, and why", async () => {
        const started = Date.now();
        const error = await failure(up(withConfig({ privileged: "true" })));
        assert.match(error.render(), /violates PodSecurity "restricted/);
        assert.ok(Date.now() - started < 60_000, "it waited although it was in vain");
    });

    it("really has Pod Security enforced", async () => {
        await up(target);
        const pod = {
            ...asObject({ apiVersion: "v1", kind: "Pod", namespace: "small", name: "privileged" }),
            spec: { containers: [{ name: "main", image: "x", securityContext: { privileged: true } }] },
        };
        await assert.rejects(
            bed.kube.create(pod),
            (error: KubeError) => error.status === 403 && /PodSecurity/.test(error.message),
        );
    });

    it("names the pod, its image and the reason when a pod can't start", async () => {
        const error = await failure(up(withConfig({ suffering: "no-image" })));
        assert.match(error.message, /Deployment small\/worker did not become ready/);
        assert.match(error.render(), /pod small\/worker-[\w-]+.*ErrImageNeverPull/);
    });

    it("ends with the pod's own reason when it never gets ready", async () => {
        const error = await failure(up(withConfig({ suffering: "never-ready" })));
        assert.match(error.message, /Deployment small\/worker did not become ready: ProgressDeadlineExceeded/);
        assert.match(error.render(), /pod small\/worker-[\w-]+: Running/);
    });

    it("ends when a job fails, holds back what depends on it, and tries again next time", async () => {
        const failing = withConfig({ jobFails: "true" });
        const error = await failure(up(failing));
        assert.match(error.message, /Job small\/once did not become ready: BackoffLimitExceeded/);
        assert.match(error.render(), /the bed was told to let it fail/);
        assert.equal(await bed.kube.get(configMap("after")), undefined, "what depends on the job was made");
        assert.ok(await bed.kube.get(configMap("extra")), "what doesn't depend on it was not made");
        assert.deepEqual(changed((await preview(target)).changes), ["create after", "replace once"]);
        assert.deepEqual(changed((await up(target)).changes), ["create after", "replace once"]);
        assert.deepEqual(changed((await up(target)).changes), []);
    });

    it("makes a job anew when its template changes", async () => {
        await up(target);
        const config = withConfig({ jobVersion: "2" });
        const planned = (await preview(config)).changes.filter(({ operation }) => operation !== "same");
        assert.deepEqual(changed(planned), ["replace once"]);
        assert.deepEqual(planned[0].fields, [
            { path: "spec.template.spec.containers[once].image", before: "once:1", after: "once:2" },
        ]);
        assert.deepEqual(changed((await up(config)).changes), ["replace once"]);
    });

    it("changes an object's name by making another one and deleting the first", async () => {
        await up(target);
        const elsewhere = withConfig({ namespace: "moved" });
        const { changes } = await up(elsewhere);
        assert.ok(changed(changes).includes("replace ns"));
        assert.equal(await bed.kube.get({ apiVersion: "v1", kind: "Namespace", name: "small" }), undefined);
        assert.deepEqual(changed((await up(elsewhere)).changes), []);
    });

    it("deletes nothing while something is protected, and names it", async () => {
        await up(withConfig({ protect: "true" }));
        const everythingThere = await everything(bed.kube);
        const error = await failure(destroy(target));
        assert.match(error.render(), /protected and would be deleted[^]*Namespace small/);
        assert.deepEqual(extra(everythingThere, await everything(bed.kube)), []);
        await failure(up(withConfig({ protect: "true", namespace: "elsewhere" })));
        await up(target);
    });

    it("stops Helm when a release's pod can't start, and names pod and reason", async () => {
        const started = Date.now();
        const error = await failure(up(withConfig({ chart: "no-image" })));
        assert.match(error.message, /^Release small\/store did not come up: pod small\/store-0, .*ErrImageNeverPull/);
        assert.match(error.render(), /event ErrImageNeverPull/);
        assert.ok(Date.now() - started < 60_000, "it waited although it was in vain");
        const planned = await preview(withConfig({ chart: "fine" }));
        assert.ok(changed(planned.changes).includes("update store"), "a failed release must not look unchanged");
    });

    it("gives a chart's own reason when it refuses its values, before anything of it is there", async () => {
        const bad = withConfig({ chart: "bad" });
        const error = await failure(up(bad));
        assert.match(error.message, /^helm template store: /);
        assert.match(error.render(), /nonsense/);
        assert.match(error.render(), /chart \.\/charts\/minio/);
        assert.match((await failure(preview(bad))).render(), /nonsense/);
    });

    it("waits for nobody: a second update at the same time ends at once and says who is first", async () => {
        const [one, other] = await Promise.allSettled([up(target), up(target)]);
        assert.equal(one.status, "fulfilled");
        assert.equal(other.status, "rejected");
        const { message } = other.reason as UserError;
        assert.match(message, new RegExp(`stack test is being changed by another process \\(${process.pid}\\)`));
    });

    it("goes on when the API server stands still for a while", async () => {
        let frozen: Promise<void> | undefined;
        await up(target, { onChange: ({ name }) => void (name === "ns" && (frozen ??= bed.freeze(8_000))) });
        await frozen;
        assert.ok(frozen);
        assert.deepEqual(changed((await up(target)).changes), []);
    });

    it("says plainly that the cluster is not there", async () => {
        const { writeFile } = await import("node:fs/promises");
        const kubeconfig = `${target.dir}/nowhere`;
        await writeFile(
            kubeconfig,
            JSON.stringify({
                "current-context": "x",
                contexts: [{ name: "x", context: { cluster: "x", user: "x" } }],
                clusters: [{ name: "x", cluster: { server: "https://127.0.0.1:1" } }],
                users: [{ name: "x", user: { token: "x" } }],
            }),
        );
        const error = await failure(up({ ...target, kubeconfig }));
        assert.match(error.message, /the cluster does not answer: connect ECONNREFUSED/);
    });
});

function asObject({ apiVersion, kind, namespace, name }: Identity) {
    return { apiVersion, kind, metadata: { name, namespace } };
}
