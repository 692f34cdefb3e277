import assert from "node:assert/strict";

import { StackLocked } from "../../../engine/engine";
import { cliScene, kill, namespace, stack } from "../../support/drills/cli";
import { failure } from "../../support/drills/scene";

const worker = { apiVersion: "apps/v1", kind: "Deployment", namespace, name: "worker" };

describe("F1, F8 with the Pulumi CLI: an update that is killed, and one beside another", function () {
    this.timeout(600_000);
    const at = cliScene();

    /** An update that has made the Deployment and waits for it. */
    async function held() {
        await at.configure({ pod: "never-ready" });
        return at.begin(async () => {
            const { pending } = await at.backend.state(stack);
            return pending.some(({ resource }) => resource.name === "worker") && !!(await at.bed.kube.get(worker));
        });
    }

    it("F1: recover settles what it had begun; the next update keeps it, and comes to an end", async () => {
        await kill(await held());
        const { pending } = await at.backend.state(stack);
        assert.deepEqual(
            pending.map(({ kind, resource }) => [kind, resource.object]),
            [["creating", worker]],
        );
        const uid = (await at.bed.kube.get(worker))?.metadata.uid;
        await at.configure({ pod: "ready" });

        // Without it: the lock stays, and behind the lock the object that the state doesn't know.
        assert.ok((await failure(at.backend.up(stack))) instanceof StackLocked);
        const { done, plan } = await at.recover();
        assert.deepEqual(
            done.map(({ action }) => action.do),
            ["unlock", "settle"],
        );
        assert.deepEqual(plan.left, []);
        assert.deepEqual((await at.backend.state(stack)).pending, []);
        await at.backend.up(stack);
        assert.equal((await at.bed.kube.get(worker))?.metadata.uid, uid);
        const preview = await at.pulumi("preview", "--expect-no-changes", "--stack", stack);
        assert.equal(preview.code, 0, preview.said);
        await at.backend.destroy(stack);
    });

    it("F1, without settling: the next update wants to make what is there", async () => {
        await kill(await held());
        await at.configure({ pod: "ready" });
        await at.backend.unlock(stack);
        assert.match((await failure(at.backend.up(stack))).render(), /already exists/);
        await at.recover();
        await at.backend.up(stack);
        await at.backend.destroy(stack);
    });

    it("F8: exactly one of two goes on; the other fails in seconds and names the holder, dead or alive", async () => {
        const first = await held();
        const started = Date.now();
        const second = await failure(at.backend.up(stack));
        assert.ok(second instanceof StackLocked);
        assert.equal(second.locks[0].pid, first.pid);
        assert.ok(Date.now() - started < 20_000);
        const [lock] = (await at.backend.locks(stack)) ?? [];
        assert.deepEqual([lock.pid, lock.host, lock.by], [first.pid, second.locks[0].host, second.locks[0].by]);

        const alive = await at.recover();
        assert.deepEqual(alive.done, []);
        assert.match(alive.plan.left[0].found, /nothing was changed/);
        assert.equal((await at.backend.locks(stack))?.length, 1, "a live update keeps its lock");

        await kill(first);
        assert.ok((await failure(at.backend.up(stack))) instanceof StackLocked);
        await at.configure({ pod: "ready" });
        await at.recover();
        assert.deepEqual(await at.backend.locks(stack), []);
        await at.backend.up(stack);
        await at.backend.destroy(stack);
    });

    it("an abort interrupts an update once, and it ends in good order", async () => {
        await at.configure({ pod: "never-ready" });
        const stop = new AbortController();
        const going = failure(at.backend.up(stack, { signal: stop.signal }));
        while (!(await at.bed.kube.get(worker))) await new Promise((resolve) => setTimeout(resolve, 200));
        stop.abort();
        await going;
        assert.deepEqual(await at.backend.locks(stack), []);
        assert.deepEqual((await at.backend.state(stack)).pending, []);
        await at.configure({ pod: "ready" });
        await at.backend.up(stack);
        assert.equal((await at.backend.outputs(stack)).secret, "[secret]");
        await at.backend.destroy(stack);
    });
});
