import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { execa } from "execa";

import { planTeardown, planText, TeardownPlan, TeardownReport } from "../../operations/teardown";
import type { Target } from "../../engine/builtin/builtin";
import { repoRoot } from "../../lib/paths";
import { backendOf, keepBackups } from "../support/drills/backend";
import { defineTopics, letAllGo, strayTopic, tearDown, topicOf, upWith } from "../support/drills/going";
import { scene } from "../support/drills/scene";
import { Bed, useBed } from "./bed";
import { until } from "./fixtures/prod";
import { dropDefinitions } from "./world";

const namespaceOf = (name: string) => ({ apiVersion: "v1", kind: "Namespace", name });
const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", name: "drill-kept" };

/** Runs the command as a person without a terminal would. */
async function dataPlatform({ kubeconfig }: Pick<Bed, "kubeconfig">, { dir }: Target, ...args: string[]) {
    const { stdout, stderr, exitCode } = await execa(
        process.execPath,
        [join(repoRoot, "cli", "data-platform.mjs"), "teardown", "--engine", "builtin", ...args],
        {
            ...{ reject: false, stdin: "ignore" },
            env: { KUBECONFIG: kubeconfig, DATA_PLATFORM_SANDBOX_DIR: dir, XDG_STATE_HOME: dir, NO_COLOR: "1" },
        },
    );
    return { stdout, stderr, code: exitCode };
}

describe("data-platform teardown", function () {
    this.timeout(180_000);
    keepBackups();
    this.beforeAll(async function () {
        this.timeout(300_000);
        await defineTopics();
    });
    afterEach("what a stack keeps goes", async () => {
        await letAllGo();
        const { kube } = await useBed();
        const kept = ["drill-storage", "drill-jobs", "other-jobs"].map(namespaceOf);
        for (const each of [...kept, role]) await kube.delete(each);
        for (const each of kept) await until("it is gone", async () => (await kube.get(each)) === undefined);
    });
    const at = scene("going.ts");
    this.afterAll(() => dropDefinitions(at.bed.kube));
    const finalizers = ["example.com/disk"];
    const change = (volume: string, body: object) =>
        at.bed.kube.http.send({
            ...{ method: "PATCH", path: `/api/v1/persistentvolumes/${volume}`, body },
            contentType: "application/merge-patch+json",
        });
    const there = async (name: string) => (await at.bed.kube.get(namespaceOf(name))) !== undefined;

    it("says before what goes and what stays, and after what is left and whose it is; run twice it ends well", async () => {
        const target = await upWith(at.stack(), "release kept");
        await backendOf(target).create("drill");
        await upWith(at.stack({}, "other"), "");
        const [stays] = await at.bed.kube.list("v1", "PersistentVolume");
        // The bed would take away what is released, whatever its policy; the finalizer keeps it from that.
        await change(stays.metadata.name, {
            metadata: { finalizers },
            spec: { persistentVolumeReclaimPolicy: "Retain" },
        });
        const plan = await planTeardown({ backend: backendOf(target), kube: at.bed.kube, stack: "drill" });
        const fates = Object.fromEntries(plan.namespaces.map(({ name, fate }) => [name, fate]));
        assert.deepEqual(fates, { "drill-jobs": "goes", "drill-storage": "kept" });
        const text = planText(plan);
        assert.equal(text.match(/data: PersistentVolumeClaim drill-jobs\/[\w-]+/g)?.length, 2);
        assert.match(text, new RegExp(`but its volume ${stays.metadata.name} stays \\(reclaim policy Retain\\)`));
        assert.match(
            text,
            /Stays:\n {2}Namespace drill-storage \(kept\)\n {6}PersistentVolumeClaim drill-storage\/data/,
        );
        assert.match(text, /ClusterRole drill-kept/);

        const first = await tearDown(at.bed, target, { remove: true });
        const kept = first.kept.map(({ object }) => object);
        assert.deepEqual(kept.filter((object) => !object.startsWith("CustomResourceDefinition")).sort(), [
            "ClusterRole drill-kept",
            "Namespace drill-storage",
            "PersistentVolumeClaim drill-storage/data",
        ]);
        assert.ok(first.kept.every(({ fix }) => fix?.startsWith("kubectl delete ")));
        assert.deepEqual(
            first.left.map(({ object, whose, of }) => [object, whose, of]),
            [
                [`PersistentVolume ${stays.metadata.name}`, "nobody", undefined],
                ["Namespace other-jobs", "other-stack", "other"],
            ],
        );
        assert.match(first.left[0].why, /reclaim policy is Retain, so its data is still on its disk/);
        const volumes = await at.bed.kube.list("v1", "PersistentVolume");
        assert.equal(volumes.length, 1, "other volumes of what went are freed before it ends");
        await change(stays.metadata.name, { metadata: { finalizers: null } });
        assert.deepEqual([first.removed, first.notRemoved], [false, "Namespace drill-storage of it is still there"]);
        assert.ok(await there("other-jobs"));

        await at.bed.kube.delete(namespaceOf("drill-storage"));
        await until("it is gone", async () => !(await there("drill-storage")));
        const second = await tearDown(at.bed, target, { remove: true });
        assert.deepEqual([second.nothing, second.removed], [true, true]);
        assert.equal(await backendOf(target).find("drill"), undefined);
        const third = await tearDown(at.bed, target, { remove: true });
        assert.deepEqual([third.nothing, third.removed], [true, false]);
    });

    it("refuses to take the cluster plane from under other stacks, and names them", async () => {
        const target = await upWith(at.stack(), "plane");
        const other = await upWith(at.stack({}, "other"), "");
        await assert.rejects(tearDown(at.bed, target), (error: Error & { render(): string }) => {
            assert.match(error.message, /the cluster plane of the stack drill is needed by other; nothing was changed/);
            assert.match(error.render(), /other: Namespace other-jobs[^]*data-platform teardown --stack other/);
            return true;
        });
        assert.ok((await there("drill-jobs")) && (await there("other-jobs")));
        // The other way round, nobody is in the way.
        await tearDown(at.bed, other);
        await tearDown(at.bed, target);
        assert.ok(!(await there("drill-jobs")));
    });

    it("lets what is left of a destroyed stack be, unless an operator looks after something in it", async () => {
        const target = await upWith(at.stack(), "plane");
        const leftover = {
            ...{ apiVersion: "v1", kind: "Namespace" },
            metadata: { name: "other-jobs", labels: { "data-platform.io/stack": "other" } },
        };
        await at.bed.kube.create(leftover);
        const backend = backendOf(target);
        const plan = () => planTeardown({ backend, kube: at.bed.kube, stack: "drill" });
        assert.equal((await plan()).sharedBy.length, 1, "a stack that the backend doesn't know may live elsewhere");
        await backend.create("other");
        assert.deepEqual((await plan()).sharedBy, []);
        await at.bed.kube.create(strayTopic("other", "flights"));
        assert.equal((await plan()).sharedBy.length, 1);
        await letAllGo();
        await at.bed.kube.delete(topicOf({ stack: "other" }));
        await backend.remove("other");
    });

    it("as a command: refuses what is protected, keeps it or takes the protection off, and asks before all that", async () => {
        const target = await upWith(at.stack(), "kept protected");
        const run = (...args: string[]) => dataPlatform(at.bed, target, "--stack", "drill", ...args);

        const refused = await run("--yes");
        assert.equal(refused.code, 1);
        assert.match(
            refused.stderr,
            /has what is protected[^]*Namespace drill-storage[^]*--unprotect[^]*--keep-protected/,
        );
        const dry = await run("--dry-run", "--json");
        assert.equal(dry.code, 1);
        assert.match((JSON.parse(dry.stdout) as { refused: string }).refused, /protected/);

        const unasked = await run("--keep-protected");
        assert.equal(unasked.code, 2);
        assert.match(unasked.stderr, /Goes: \d+ resources[^]*add --yes/);
        assert.ok(await there("drill-jobs"));
        const kept = await run("--keep-protected", "--yes", "--json", "--timeout", "2");
        assert.equal(kept.code, 0, kept.stderr);
        const report = JSON.parse(kept.stdout) as TeardownReport;
        assert.ok(report.kept.some(({ object }) => object === "Namespace drill-storage"));
        assert.ok(!(await there("drill-jobs")) && (await there("drill-storage")));

        const unprotected = await run("--unprotect", "--yes", "--remove");
        assert.equal(unprotected.code, 0, unprotected.stderr);
        assert.match(unprotected.stdout, /was not removed: Namespace drill-storage[^]*Kept on purpose:/);
        assert.equal((await backendOf(target).state("drill")).resources.length, 0);
        const both = await run("--unprotect", "--keep-protected");
        assert.deepEqual([both.code, /say the opposite/.test(both.stderr)], [2, true]);
    });

    it("as a command: stops in its time, clears finalizers, and ends with 0 when nothing is there", async () => {
        const target = await upWith(at.stack(), "topic");
        const run = (...args: string[]) => dataPlatform(at.bed, target, "--stack", "drill", ...args);
        const dry = await run("--dry-run", "--json");
        assert.equal(dry.code, 0, dry.stderr);
        assert.equal((JSON.parse(dry.stdout) as TeardownPlan).goes.KafkaTopic, 1);

        const late = await run("--yes", "--timeout", "0.1", "--json");
        assert.equal(late.code, 1);
        assert.match(late.stderr, /KafkaTopic drill-jobs\/flights did not go[^]*--clear-finalizers/);
        const { stuck } = JSON.parse(late.stdout) as { stuck: { object: string; clearable: boolean }[] };
        assert.deepEqual([stuck[0].object, stuck[0].clearable], ["KafkaTopic drill-jobs/flights", true]);

        const gone = await run("--yes", "--cluster-gone");
        assert.deepEqual([gone.code, /so it isn't gone/.test(gone.stderr)], [1, true]);
        const cleared = await run("--yes", "--clear-finalizers", "--remove");
        assert.equal(cleared.code, 0, cleared.stderr);
        assert.match(
            cleared.stdout,
            /the stack drill itself is removed[^]*Finalizers cleared:\n {2}KafkaTopic drill-jobs/,
        );
        const again = await run();
        assert.deepEqual([again.code, again.stdout.split("\n")[0]], [0, "nothing of the stack drill is there"]);
        const wrong = await run("--timeout", "soon");
        assert.deepEqual([wrong.code, /minutes, more than 0/.test(wrong.stderr)], [2, true]);
    });

    it("as a command: forgets a cluster that is gone when it is told to, and says where the state was saved", async () => {
        const target = await upWith(at.stack(), "");
        const kubeconfig = join(target.dir, "dead");
        const text = readFileSync(at.bed.kubeconfig, "utf8").replace(/server: .*/, "server: https://127.0.0.1:1");
        await writeFile(kubeconfig, text, { mode: 0o600 });
        const run = (...args: string[]) => dataPlatform({ kubeconfig }, target, "--stack", "drill", "--yes", ...args);
        const refused = await run();
        assert.deepEqual([refused.code, /does not answer[^]*--cluster-gone/.test(refused.stderr)], [1, true]);
        const gone = await run("--cluster-gone", "--remove");
        assert.equal(gone.code, 0, gone.stderr);
        assert.match(gone.stdout, /the state of the stack drill is empty: \d+ resources[^]*the state as it was: .+/);
        assert.equal((await backendOf(target).state("drill")).resources.length, 0);
    });
});
