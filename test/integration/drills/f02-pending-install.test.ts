import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";

import { up } from "../../../engine/builtin/builtin";
import { KubeObject } from "../../../kubernetes/client";
import { keepBackups, recoverIn } from "../../support/drills/backend";
import { helm, killHelmAt, settings, statuses, tiny, volumes } from "../../support/drills/helm";
import { failure, scene } from "../../support/drills/scene";

const namespace = "drill-interrupted";
const release: [string, string] = [namespace, "tiny"];
const within = ["--namespace", namespace];
const install = ["install", "tiny", tiny, ...within, "--wait", "--timeout", "60s"];
const old = ["--set", "extra=old"];

describe("F2: a Helm install that was killed half-way", function () {
    this.timeout(180_000);
    const at = scene("interrupted");
    keepBackups();
    // A stack in the middle of its first update: everything is there but the release, of which its state knows nothing.
    const without = () => at.stack({ release: "no" });
    const whole = () => at.stack({});

    async function killedInstall(): Promise<Record<string, string>> {
        await up(without());
        await killHelmAt(at.bed, release, "pending-install", [...install, ...old, "--set", "hold=true"]);
        assert.deepEqual(await statuses(at.bed, release), ["1 pending-install"]);
        const claims = await volumes(at.bed, namespace);
        assert.deepEqual(Object.keys(claims).sort(), ["own-tiny-0", "tiny-data"]);
        return claims;
    }

    it("Helm refuses; recover takes its record away; the install goes on over what is there, volumes and hooks included", async () => {
        const claims = await killedInstall();
        // The counter-proof: it doesn't pass by itself.
        assert.match((await helm(at.bed, install)).said, /cannot re-use a name that is still in use/);

        const { done, backups } = await recoverIn(at.bed, whole());
        assert.deepEqual(
            done.map(({ subject, action }) => [action.do, subject]),
            [["take-away", "Release drill-interrupted/tiny"]],
        );
        assert.match(done[0].found.join(), /revision 1 is pending-install/);
        assert.deepEqual(await volumes(at.bed, namespace), claims, "recovery deletes no volume");

        // What was taken away can be put back.
        const copy = backups.find((file) => file.includes("helm-records")) ?? "";
        assert.equal(statSync(copy).mode & 0o777, 0o600);
        const { items } = JSON.parse(readFileSync(copy, "utf8")) as { items: KubeObject[] };
        for (const item of items) await at.bed.kube.create(item);
        assert.match((await helm(at.bed, ["status", "tiny", ...within])).said, /STATUS: pending-install/);

        await recoverIn(at.bed, whole());
        const again = await recoverIn(at.bed, whole());
        assert.deepEqual([again.plan.steps, again.plan.left, again.backups], [[], [], []]);

        // As Pulumi's provider does it: an install, nothing that would upgrade as well.
        const { well, said } = await helm(at.bed, [...install, ...old]);
        assert.ok(well, said);
        assert.deepEqual(await statuses(at.bed, release), ["1 deployed"]);
        assert.deepEqual(await volumes(at.bed, namespace), claims, "the data is the same as before");
        const hooked = { apiVersion: "v1", kind: "ConfigMap", namespace, name: "tiny-installed" };
        assert.ok(await at.bed.kube.get(hooked), "the hooks of an install run");
        // It went on with the same settings, so that Helm knows them, and takes away what isn't wanted any more.
        await helm(at.bed, ["upgrade", "tiny", tiny, ...within, "--set", "colour=blue"]);
        assert.deepEqual(await settings(at.bed, namespace), { colour: "blue" });
    });

    it("a release that is whole, but that the state doesn't know, is taken over in the same way", async () => {
        await up(without());
        assert.ok((await helm(at.bed, [...install, ...old])).well);
        const claims = await volumes(at.bed, namespace);
        // The counter-proof.
        assert.match((await failure(up(whole()))).message, /exists already and was not made by this stack/);
        assert.match((await helm(at.bed, install)).said, /cannot re-use a name that is still in use/);

        const { done } = await recoverIn(at.bed, whole());
        assert.match(done[0].found.join(), /Helm has it \(deployed\), and the state of the stack doesn't/);
        await up(whole());
        assert.deepEqual(await volumes(at.bed, namespace), claims);
        // The runbook says so: with other settings at once, Helm doesn't know what it once set.
        assert.deepEqual(await settings(at.bed, namespace), { colour: "green", extra: "old" });
    });

    it("counter-proof: helm uninstall, which others do about it, deletes the volume", async () => {
        const claims = await killedInstall();
        await helm(at.bed, ["uninstall", "tiny", ...within, "--wait"]);
        const after = await volumes(at.bed, namespace);
        assert.notEqual(after["tiny-data"], claims["tiny-data"]);
    });
});
