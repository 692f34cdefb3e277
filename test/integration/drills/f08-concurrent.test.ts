import assert from "node:assert/strict";
import { join } from "node:path";

import { StackLocked } from "../../../engine/engine";
import { up } from "../../../engine/builtin/builtin";
import { run } from "../../../lib/exec";
import { repoRoot } from "../../../lib/paths";
import { backendOf, keepBackups, recoverIn } from "../../support/drills/backend";
import { statuses } from "../../support/drills/helm";
import { beginHeld, kill } from "../../support/drills/killed";
import { failure, scene } from "../../support/drills/scene";

const namespace = "drill-interrupted";

describe("F8: two updates of one stack at once", function () {
    this.timeout(180_000);
    const at = scene("interrupted");
    keepBackups();

    it("one goes on, the other fails in seconds and names it; a live holder keeps the lock, a dead one doesn't", async () => {
        const stack = at.stack({ hold: "true" });
        const backend = backendOf(stack);
        const first = await beginHeld({ bed: at.bed, target: stack, namespace });
        const started = Date.now();
        const second = await failure(up(stack));
        assert.ok(Date.now() - started < 10_000, "it waited");
        assert.match(second.render(), new RegExp(`being changed by another process \\(${first.pid}\\)`));
        assert.ok((await failure(backend.up(stack.stack))) instanceof StackLocked);

        // The command, as somebody who is in a hurry calls it.
        const hurried = ["recover", "--stack", stack.stack, "--engine", "builtin", "--yes", "--lock-is-dead"];
        const { code, stderr, stdout } = await run(join(repoRoot, "cli/data-platform.mjs"), [...hurried, "--json"], {
            env: { DATA_PLATFORM_SANDBOX_DIR: stack.dir, KUBECONFIG: at.bed.kubeconfig },
            okCodes: [0, 1, 2, 3, 4],
        });
        assert.equal(code, 1, stderr);
        assert.match(stderr, new RegExp(`process ${first.pid} is updating it since`));
        assert.equal((JSON.parse(stdout) as { changed: boolean }).changed, false);
        assert.deepEqual(await statuses(at.bed, [namespace, "tiny"]), ["1 pending-install"], "it has changed nothing");
        assert.equal(first.exitCode, null, "the first goes on");

        await kill(first);
        assert.deepEqual(await backend.locks(stack.stack), []);
        await recoverIn(at.bed, stack);
        await up(at.stack({}));
        assert.deepEqual(await statuses(at.bed, [namespace, "tiny"]), ["1 deployed"]);
    });
});
