import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { connect } from "../../../kubernetes/connect";
import { up } from "../../../engine/builtin/builtin";
import { stateFile } from "../../../engine/builtin/state";
import { changed, scene } from "../../support/drills/scene";

describe("F17: the API server stands still for 20 seconds in the middle of an update", function () {
    this.timeout(180_000);
    const at = scene("password");

    it("goes on when it answers again, with nothing left to do", async () => {
        let frozen: Promise<void> | undefined;
        const target = at.stack();
        const onChange = () => void (frozen ??= at.bed.freeze(20_000));
        const updated = up(target, { onChange });
        await updated;
        assert.ok(frozen, "it was over before the server stood still");
        await frozen;
        const { entries } = JSON.parse(readFileSync(stateFile(target.dir, target.stack), "utf8")) as {
            entries: { pending?: boolean; unready?: boolean }[];
        };
        assert.ok(entries.length > 5 && entries.every(({ pending, unready }) => !pending && !unready));
        assert.deepEqual(changed((await up(target)).changes), []);
    });

    it("counter-proof: without patience it fails; the state stays readable, and the next update converges", async () => {
        let frozen: Promise<void> | undefined;
        const target = at.stack();
        const impatient = async () => {
            const kube = await connect({ kubeconfig: at.bed.kubeconfig });
            const send = kube.http.send.bind(kube.http);
            kube.http.send = (request) =>
                Promise.race([
                    send(request),
                    new Promise<never>((_, reject) => setTimeout(reject, 3_000, new Error("no answer")).unref()),
                ]);
            return kube;
        };
        const onChange = () => void (frozen ??= at.bed.freeze(10_000));
        await assert.rejects(up({ ...target, connect: impatient }, { onChange }));
        JSON.parse(readFileSync(stateFile(target.dir, target.stack), "utf8"));
        await frozen;
        await up(target);
        assert.deepEqual(changed((await up(target)).changes), []);
    });
});
