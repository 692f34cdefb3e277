import assert from "node:assert/strict";

import { preview, Target, up } from "../../../engine/builtin/builtin";
import { revisions } from "../../../helm/release/storage";
import { Bed } from "../bed";
import { changed, failure, scene } from "../../support/drills/scene";

const namespace = "drill-release";
const quota = { apiVersion: "v1", kind: "ResourceQuota", namespace, name: "chaos" };

describe("F4: an upgrade whose new pod can't get ready", function () {
    this.timeout(120_000);
    const at = scene("release");
    const version = (program: number, more: Record<string, string> = {}): Target =>
        at.stack({ values: JSON.stringify({ program }), timeout: "6", ...more });

    /** The program that runs, and the version of the data that was migrated for it. */
    async function found({ kube }: Bed): Promise<{ program: string; data: string; history: string[] }> {
        const deployment = await kube.get({ apiVersion: "apps/v1", kind: "Deployment", namespace, name: "store" });
        const data = await kube.get({ apiVersion: "v1", kind: "ConfigMap", namespace, name: "data" });
        const { containers } = (deployment?.spec?.template as { spec: { containers: { image: string }[] } }).spec;
        const history = (await revisions(kube, "store", namespace)).map(
            ({ revision, status }) => `${revision} ${status}`,
        );
        return {
            program: containers[0].image.split(":")[1],
            data: (data?.data as { version: string }).version,
            history,
        };
    }

    /** The cluster's own fault: there is no room for the pod that should take over. */
    async function crowded(bed: Bed): Promise<void> {
        await bed.kube.create({
            ...{ apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "chaos", namespace } },
            spec: { hard: { pods: "1" } },
        });
        while (!(await bed.kube.get(quota))?.status?.hard) await new Promise((resolve) => setTimeout(resolve, 100));
    }

    it("fails, is an update in the next preview though nothing was changed, and converges when the cause is gone", async () => {
        await up(version(1));
        await crowded(at.bed);
        const error = await failure(up(version(2)));
        assert.match(error.message, /^Release drill-release\/store did not come up: /);
        assert.deepEqual((await found(at.bed)).history, ["2 failed", "1 deployed"]);

        const { changes } = await preview(version(2));
        assert.deepEqual(changed(changes), ["update Release store"], "a failed update must never look like no change");
        assert.match(changes.flatMap(({ notes }) => notes).join(), /the last upgrade of store failed/);

        await at.bed.kube.delete(quota);
        assert.deepEqual(changed((await up(version(2, { timeout: "60" }))).changes), ["update Release store"]);
        const { program, data, history } = await found(at.bed);
        assert.deepEqual([program, data], ["2", "2"]);
        assert.equal(history[0], "3 deployed");
        assert.deepEqual(changed((await up(version(2))).changes), []);
    });

    it("leaves program and data at the same version: nothing is rolled back behind a migration's back", async () => {
        await up(version(1));
        await crowded(at.bed);
        await failure(up(version(2)));
        const { program, data } = await found(at.bed);
        assert.deepEqual([program, data], ["2", "2"]);
        await at.bed.kube.delete(quota);
    });

    it("counter-proof: atomic puts the old program on the data of the new one", async () => {
        const atomic = { instead: JSON.stringify({ atomic: true }) };
        await up(version(1, atomic));
        await crowded(at.bed);
        await failure(up(version(2, atomic)));
        const { program, data, history } = await found(at.bed);
        assert.deepEqual([program, data], ["1", "2"]);
        assert.equal(history[0], "3 deployed", "Helm's rollback looks as if all were well");
        await at.bed.kube.delete(quota);
    });
});
