import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { BuiltinEngine } from "../../../engine/builtin/engine";
import { connect } from "../../../kubernetes/connect";
import { planTeardown, reportText, teardown, TeardownOptions } from "../../../operations/teardown";
import type { Target } from "../../../engine/builtin/builtin";
import { freePorts } from "../../../sandbox/cluster/ports";
import { UserError } from "../../../lib/errors";
import { useBed } from "../bed";
import { until } from "../fixtures/prod";
import { backendOf, keepBackups } from "../../support/drills/backend";
import { tearDown, upWith } from "../../support/drills/going";
import { scene } from "../../support/drills/scene";

const namespace = { apiVersion: "v1", kind: "Namespace", name: "drill-jobs" };

/** Error of connecting. */
async function refused(kubeconfig: string): Promise<unknown> {
    return connect({ kubeconfig }).then(
        () => assert.fail("it answers and lets us in"),
        (error: unknown) => error,
    );
}

describe("F17: a cluster that is gone", function () {
    this.timeout(120_000);
    keepBackups();
    afterEach("what was forgotten goes", async () => {
        const { kube } = await useBed();
        await kube.delete(namespace);
        await until("it is gone", async () => (await kube.get(namespace)) === undefined);
    });
    const at = scene("going.ts");
    let target: Target;
    let dead: string;

    /** A copy of the bed's kubeconfig with something else in it. */
    async function kubeconfig(name: string, change: (text: string) => string): Promise<string> {
        const file = join(target.dir, name);
        await writeFile(file, change(readFileSync(at.bed.kubeconfig, "utf8")), { mode: 0o600 });
        return file;
    }
    /** A stack that was brought up, and a kubeconfig by which nobody answers any more. */
    beforeEach(async () => {
        target = await upWith(at.stack(), "");
        const [port] = await freePorts(1);
        dead = await kubeconfig("dead", (text) => text.replace(/server: .*/, `server: https://127.0.0.1:${port}`));
    });

    const deadBackend = () => new BuiltinEngine({ ...backendTarget(target), kubeconfig: dead });
    const resources = async () => (await backendOf(target).state(target.stack)).resources.length;

    async function tearDownDead(options: TeardownOptions = {}) {
        const unreachable = await refused(dead);
        return teardown({ backend: deadBackend(), unreachable, stack: target.stack, options });
    }

    it("is named, and nothing is forgotten until somebody says that it is gone for good", async () => {
        const before = await resources();
        await assert.rejects(tearDownDead(), (error) => {
            assert.ok(error instanceof UserError);
            assert.match(error.message, /the cluster of the stack drill does not answer.*ECONNREFUSED/);
            assert.match(error.render(), /data-platform teardown --stack drill --cluster-gone --yes/);
            return true;
        });
        await assert.rejects(deadBackend().destroy("drill"), /ECONNREFUSED/, "counter-proof: a destroy ends here");
        assert.equal(await resources(), before);
    });

    it("isn't taken for gone while it answers, whoever says so", async () => {
        const before = await resources();
        await assert.rejects(tearDown(at.bed, target, { clusterGone: true }), /answers \(v1\..*so it isn't gone/);
        const stranger = await kubeconfig("stranger", (text) =>
            text.replace(/client-certificate-data: .*/, "token: wrong").replace(/client-key-data: .*/, ""),
        );
        const untrusted = await kubeconfig("untrusted", (text) => text.replace(/certificate-authority-data: .*/, ""));
        for (const file of [stranger, untrusted]) {
            const unreachable = await refused(file);
            const { cluster } = await planTeardown({ backend: backendOf(target), unreachable, stack: "drill" });
            assert.equal("gone" in cluster && cluster.gone, false, `${file}: ${JSON.stringify(cluster)}`);
            await assert.rejects(
                teardown({ backend: backendOf(target), unreachable, stack: "drill", options: { clusterGone: true } }),
                /can't be used.*/,
            );
        }
        assert.equal(await resources(), before);
        assert.ok(await at.bed.kube.get(namespace));
    });

    it("is forgotten with the flag, after the state was saved; run twice it ends well", async () => {
        const report = await tearDownDead({ clusterGone: true, remove: true });
        assert.deepEqual([report.clusterGone, report.removed, report.nothing], [true, true, false]);
        assert.equal(await resources(), 0);
        assert.ok(report.backup && existsSync(report.backup));
        assert.equal(statSync(report.backup).mode & 0o077, 0, "others may read it");
        assert.match(readFileSync(report.backup, "utf8"), /drill-jobs/);
        assert.match(reportText(report), /disks of its volumes, load balancers/);
        const live = await at.bed.kube.get(namespace);
        assert.ok(
            live && !live.metadata.deletionTimestamp,
            "what is forgotten isn't touched, should it still be there",
        );
        assert.equal((await tearDownDead({ clusterGone: true, remove: true })).nothing, true);
    });
});

function backendTarget({ dir, program, config }: Target) {
    return { dir, program, config };
}
