import assert from "node:assert/strict";

import { up } from "../../../engine/builtin/builtin";
import { keepBackups, recoverIn } from "../../support/drills/backend";
import { examined } from "../../support/drills/doctor";
import { helm, killHelmAt, settings, statuses, tiny, volumes } from "../../support/drills/helm";
import { scene } from "../../support/drills/scene";

const namespace = "drill-interrupted";
const release: [string, string] = [namespace, "tiny"];
const within = ["--namespace", namespace];
const upgrade = ["upgrade", "tiny", tiny, ...within, "--wait", "--timeout", "60s"];
const refusal = /another operation \(install\/upgrade\/rollback\) is in progress/;

describe("F3: a Helm upgrade that was killed half-way", function () {
    this.timeout(180_000);
    const at = scene("interrupted");
    keepBackups();

    it("Helm refuses; recover marks the revision as failed; the next upgrade starts from the one that stood", async () => {
        const stack = at.stack({});
        await up(stack);
        const claims = await volumes(at.bed, namespace);
        assert.equal((await examined(stack)).code, 0);
        const changes = ["--set", "hold=true,colour=red,extra=new"];
        await killHelmAt(at.bed, release, "pending-upgrade", [...upgrade, ...changes]);
        assert.deepEqual(await statuses(at.bed, release), ["2 pending-upgrade", "1 deployed"]);
        // The counter-proof: it doesn't pass by itself.
        assert.match((await helm(at.bed, upgrade)).said, refusal);
        // Doctor says so before an update does, which release it is, and what mends it.
        const { code, said: found } = await examined(stack);
        assert.equal(code, 3);
        assert.match(found, /✘ DP-HELM-001 {2}Release drill-interrupted\/tiny: is pending-upgrade \(revision 2/);
        assert.match(found, /fix: data-platform recover --stack drill\n/);

        const { done } = await recoverIn(at.bed, stack);
        assert.deepEqual(
            done.map(({ subject, action }) => [action.do, subject]),
            [["mark-failed", "Release drill-interrupted/tiny"]],
        );
        assert.match(done[0].safe, /starts from revision 1/);
        assert.deepEqual(await statuses(at.bed, release), ["2 failed", "1 deployed"]);
        const { said } = await helm(at.bed, ["history", "tiny", ...within]);
        assert.match(said, /2 .*failed .*unlocked from stale pending-upgrade/);
        assert.deepEqual((await recoverIn(at.bed, stack)).plan.steps, [], "nothing is left to do");

        assert.ok(!(await examined(stack)).said.includes("DP-HELM-001"), "mended, and doctor still finds it");

        assert.ok((await helm(at.bed, [...upgrade, "--set", "colour=blue"])).well);
        assert.deepEqual(await statuses(at.bed, release), ["3 deployed", "2 failed", "1 superseded"]);
        assert.deepEqual(await volumes(at.bed, namespace), claims, "the data is the same as before");
        assert.equal(((await settings(at.bed, namespace)) as { colour: string }).colour, "blue");
        await up(stack);
    });

    it("so it is with a rollback", async () => {
        const stack = at.stack({});
        await up(stack);
        assert.equal(
            (await helm(at.bed, [...upgrade.slice(0, 5), "--set", "hold=true", "--no-hooks"])).said.includes("Error"),
            false,
        );
        assert.ok((await helm(at.bed, [...upgrade, "--set", "colour=red"])).well);
        await killHelmAt(at.bed, release, "pending-rollback", ["rollback", "tiny", "2", ...within, "--wait"]);
        assert.match((await helm(at.bed, upgrade)).said, refusal);
        await recoverIn(at.bed, stack);
        assert.deepEqual((await statuses(at.bed, release)).slice(0, 2), ["4 failed", "3 deployed"]);
        await up(stack);
        assert.equal((await statuses(at.bed, release))[0], "5 deployed");
    });

    it("so it is with an uninstall: what is left is upgraded again", async () => {
        const stack = at.stack({});
        await up(stack);
        const claims = await volumes(at.bed, namespace);
        assert.ok((await helm(at.bed, [...upgrade, "--set", "holdDelete=true"])).well);
        await killHelmAt(at.bed, release, "uninstalling", ["uninstall", "tiny", ...within, "--wait"]);
        assert.match((await helm(at.bed, upgrade)).said, /has no deployed releases/);
        const { done } = await recoverIn(at.bed, stack);
        assert.match(done[0].found.join(), /revision 2 is uninstalling/);
        assert.ok((await helm(at.bed, [...upgrade, "--set", "colour=red"])).well);
        assert.deepEqual(await volumes(at.bed, namespace), claims);
        await up(stack);
    });
});
