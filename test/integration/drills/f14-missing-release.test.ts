import assert from "node:assert/strict";

import { BuiltinEngine } from "../../../engine/builtin/engine";
import type { DestroyOptions } from "../../../engine/engine";
import { teardown } from "../../../operations/teardown";
import type { Target } from "../../../engine/builtin/builtin";
import { revisions } from "../../../helm/release/storage";
import { UserError } from "../../../lib/errors";
import { backendOf, keepBackups } from "../../support/drills/backend";
import { tearDown, upWith } from "../../support/drills/going";
import { helm } from "../../support/drills/helm";
import { scene } from "../../support/drills/scene";

/** A backend whose provider ends as Pulumi's does when Helm knows nothing of a release (pulumi-kubernetes#2817). */
class AsPulumi extends BuiltinEngine {
    override async destroy(stack: string, options: DestroyOptions = {}) {
        const { resources } = await this.state(stack);
        if (resources.some(({ release }) => release)) {
            throw new UserError("the Pulumi CLI failed with exit code 1", {
                evidence: ["error: uninstall: Release not loaded: store: release: not found"],
            });
        }
        return super.destroy(stack, options);
    }
}

describe("F14: a release whose records somebody has deleted", function () {
    this.timeout(120_000);
    keepBackups();
    const at = scene("going.ts");

    /** Brings the release up, and deletes all that Helm has written down about it. */
    async function lose(): Promise<Target> {
        const target = await upWith(at.stack(), "release");
        for (const { stored } of await revisions(at.bed.kube, "store", "drill-jobs")) await at.bed.kube.delete(stored);
        return target;
    }

    it("goes all the same, with its objects, and run twice a teardown ends well", async () => {
        const target = await lose();
        const counterProof = await helm(at.bed, ["uninstall", "store", "--namespace", "drill-jobs"]);
        assert.deepEqual([counterProof.well, /release: not found/.test(counterProof.said)], [false, true]);

        const first = await tearDown(at.bed, target);
        assert.deepEqual([first.nothing, first.left], [false, []]);
        assert.equal(await at.bed.kube.get({ apiVersion: "v1", kind: "Namespace", name: "drill-jobs" }), undefined);
        const second = await tearDown(at.bed, target);
        assert.deepEqual([second.nothing, second.left], [true, []]);
    });

    it("is taken out of the state of a provider that can't uninstall it, after the state was saved", async () => {
        const { dir, kubeconfig, program, config, stack } = await lose();
        const backend = new AsPulumi({ dir, kubeconfig, program, config });
        await assert.rejects(
            backend.destroy(stack),
            /exit code 1/,
            "counter-proof: a destroy alone ends here for good",
        );

        const options = { interval: 300 };
        const report = await teardown({ backend, kube: at.bed.kube, stack, options });
        assert.match(report.notes.join("\n"), /Helm knows nothing of the release drill-jobs\/store any more/);
        assert.ok(report.backup);
        assert.deepEqual(report.left, []);
        assert.equal((await teardown({ backend, kube: at.bed.kube, stack, options })).nothing, true);
    });

    it("is not taken out while Helm knows it, whatever the provider says", async () => {
        const { dir, kubeconfig, program, config, stack } = await upWith(at.stack(), "release");
        const backend = new AsPulumi({ dir, kubeconfig, program, config });
        const options = { interval: 300 };
        await assert.rejects(teardown({ backend, kube: at.bed.kube, stack, options }), /exit code 1/);
        const { resources } = await backendOf({ dir, kubeconfig, program, config, stack }).state(stack);
        assert.ok(resources.some(({ release }) => release?.name === "store"));
    });
});
