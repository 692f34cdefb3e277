import assert from "node:assert/strict";

import { cliScene, kill, namespace, stack } from "../../support/drills/cli";
import { held, statuses, volumes } from "../../support/drills/helm";
import { failure } from "../../support/drills/scene";

const release: [string, string] = [namespace, "tiny"];

describe("F2, F3 with the Pulumi CLI: Helm's work that is killed with the update", function () {
    this.timeout(600_000);
    const at = cliScene();

    /** Kills the update when Helm waits for a hook of the release. */
    async function killedAt(status: string, config: Record<string, string>) {
        await at.configure(config);
        const child = await at.begin(
            async () => (await statuses(at.bed, release))[0]?.endsWith(status) && (await held(at.bed, namespace)) > 0,
        );
        await kill(child);
    }

    it("F2: an install goes on over what is there after recover; without it its name is in use", async () => {
        await killedAt("pending-install", { release: "held" });
        const claims = await volumes(at.bed, namespace);
        await at.configure({ release: "ready" });

        await at.backend.unlock(stack);
        assert.match((await failure(at.backend.up(stack))).render(), /cannot re-use a name that is still in use/);

        const { done } = await at.recover({ lockIsDead: true });
        assert.ok(done.some(({ action }) => action.do === "take-away"));
        await at.backend.up(stack);
        assert.deepEqual(await statuses(at.bed, release), ["1 deployed"]);
        assert.deepEqual(await volumes(at.bed, namespace), claims, "the data is the same as before");
        const preview = await at.pulumi("preview", "--expect-no-changes", "--stack", stack);
        assert.equal(preview.code, 0, preview.said);
        await at.backend.destroy(stack);
    });

    it("F3: an upgrade goes on after recover; without it another operation is in progress", async () => {
        await at.configure({ release: "ready" });
        await at.backend.up(stack);
        await killedAt("pending-upgrade", { release: "held" });
        await at.configure({ release: "ready", colour: "red" });

        await at.backend.unlock(stack);
        assert.match((await failure(at.backend.up(stack))).render(), /another operation .* is in progress/);

        const { done } = await at.recover({ lockIsDead: true });
        assert.ok(done.some(({ action }) => action.do === "mark-failed"));
        await at.backend.up(stack);
        assert.match((await statuses(at.bed, release))[0], /deployed$/);
        const preview = await at.pulumi("preview", "--expect-no-changes", "--stack", stack);
        assert.equal(preview.code, 0, preview.said);
        await at.backend.destroy(stack);
    });
});
