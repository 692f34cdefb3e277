import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execa } from "execa";

import type { Watcher } from "../../../../kubernetes/wait/watcher";
import type { KubeObject } from "../../../../kubernetes/client";
import { watched } from "../../../../engine/builtin/resources/watch";
import { slowed } from "../../../support/slowed";

/** Seconds for which nothing may change: many times what a step takes, so that no busy machine takes as long for one. */
const still = 4;

/** Work of some hundredths of a second for each container of a pod, which is then ready; then the end. */
const helm = `
for container in a b c d e f g h i j k l m n o p; do
    for ((i = 0; i < 30000; i++)); do :; done
    echo $container >>"$STATE"
done
`;

describe("Helm's work, watched", function () {
    this.timeout(120_000);
    let state: string;
    beforeEach(() => {
        state = join(mkdtempSync(join(tmpdir(), "helm-watch-")), "state");
        writeFileSync(state, "");
    });
    afterEach(() => rmSync(join(state, ".."), { recursive: true }));

    const pod = (containers: string[], more: object = {}): KubeObject => ({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "x-0", namespace: "n", creationTimestamp: new Date().toISOString() },
        status: {
            phase: "Running",
            containerStatuses: containers.map((name) => ({
                name,
                ready: true,
                restartCount: 0,
                state: { running: {} },
            })),
            ...more,
        },
    });

    /** Watches the work in a cluster that shows these pods and logs. */
    function watch(
        pods: () => KubeObject[],
        work: (signal: AbortSignal) => Promise<void>,
        logs = () => "",
        events = () => [] as KubeObject[],
    ) {
        const kube = {
            list: (_: string, kind: string) => Promise.resolve(kind === "Pod" ? pods() : events()),
            logs: () => Promise.resolve(logs()),
        };
        const masker = { text: (text: string) => text };
        const watcher = { kube, masker, signal: new AbortController().signal, progress: () => undefined };
        const what = { name: "x", namespace: "n", still, hopeful: true, every: 50 };
        return watched(what, watcher as unknown as Watcher, work);
    }
    const forever = (signal: AbortSignal) =>
        new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
    const lasting = (milliseconds: number) => (signal: AbortSignal) =>
        Promise.race([forever(signal), new Promise<void>((resolve) => setTimeout(resolve, milliseconds))]);
    const after = (began: number) => Date.now() - began;

    it("slowed to a tenth it still ends well, long after the limit", async () => {
        const began = Date.now();
        const done = await watch(
            () => [pod(readFileSync(state, "utf8").split("\n").filter(Boolean))],
            async (signal) => {
                const running = execa("bash", ["-c", helm], { env: { STATE: state }, cancelSignal: signal });
                const slow = slowed(Number(running.pid));
                try {
                    await running;
                } finally {
                    await slow.stop();
                }
            },
        );
        assert.deepEqual(done, {});
        assert.ok(after(began) > still * 1000, `it took ${after(began)} ms only, which shows nothing`);
    });

    it("is stopped when nothing changes, and it is said what it hangs on", async () => {
        const { reason } = await watch(() => [pod(["a"])], forever);
        assert.equal(reason, `nothing has changed for ${still} s: x-0: running, not ready yet`);
    });

    it("is stopped when pods only come and go, or one crashes over and over", async () => {
        const began = Date.now();
        const { reason } = await watch(
            () =>
                Math.floor(after(began) / 300) % 2
                    ? [pod(["a"])]
                    : [
                          pod([], {
                              containerStatuses: [{ name: "a", restartCount: after(began), state: { terminated: {} } }],
                          }),
                      ],
            forever,
        );
        assert.match(String(reason), /^nothing has changed for 4 s/);
    });

    it("goes on while a pod that isn't ready says new things, and while things happen to it", async () => {
        const steps = ["reading", "checking", "writing", "syncing", "ending"];
        const began = Date.now();
        const step = () => steps[Math.min(Math.floor(after(began) / 1_500), steps.length - 1)];
        const pods = () => [pod(["a"])];
        assert.deepEqual(await watch(pods, lasting(6_500), step), {});
        const events = () => [
            { reason: step(), involvedObject: { kind: "Pod", name: "x-0" } } as unknown as KubeObject,
        ];
        const again = Date.now();
        const happening = () => events().map((each) => ({ ...each, reason: steps[Math.floor(after(again) / 1_500)] }));
        assert.deepEqual(await watch(pods, lasting(6_500), undefined, happening as () => KubeObject[]), {});
    });

    it("counter-proof: the same line with another time is nothing new, nor is what happens to others", async () => {
        const began = Date.now();
        const line = () => `${new Date().toISOString()} waiting for the database`;
        const others = () =>
            [{ reason: `R${after(began)}`, involvedObject: { kind: "Pod", name: "y-0" } }] as unknown as KubeObject[];
        const { reason } = await watch(() => [pod(["a"])], forever, line, others);
        assert.match(String(reason), /^nothing has changed for 4 s/);
    });

    it("that ends by itself, ends so, with its own error", async () => {
        const wrong = new Error("no such chart");
        assert.deepEqual(
            await watch(
                () => [],
                () => Promise.reject(wrong),
            ),
            { error: wrong, reason: undefined },
        );
    });
});
