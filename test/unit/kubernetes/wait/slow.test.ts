import assert from "node:assert/strict";

import type { Watcher } from "../../../../kubernetes/wait/watcher";
import type { KubeObject } from "../../../../kubernetes/client";
import { untilReady } from "../../../../kubernetes/wait/ready";

/** Milliseconds for which nothing may change. */
const timeout = 800;

describe("waiting for an object", function () {
    this.timeout(30_000);
    const deployment = (available: number): KubeObject => ({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "x", generation: 1 },
        spec: { replicas: 5 },
        status: { observedGeneration: 1, replicas: 5, updatedReplicas: 5, availableReplicas: available },
    });
    /** A cluster in which so many pods are available after so many milliseconds. */
    const wait = (available: (milliseconds: number) => number) => {
        const began = Date.now();
        const kube = {
            kubeconfig: "k",
            get: () => Promise.resolve(deployment(available(Date.now() - began))),
            list: () => Promise.resolve([]),
        };
        const watcher = { kube, masker: {}, signal: new AbortController().signal, progress: () => undefined };
        return untilReady(deployment(0), watcher as unknown as Watcher, { timeout });
    };

    it("goes on for as long as it moves, far beyond the limit", async () => {
        const began = Date.now();
        await wait((milliseconds) => Math.min(5, Math.floor(milliseconds / 500)));
        assert.ok(Date.now() - began > 2 * timeout);
    });

    it("ends when nothing changes, and when it only comes and goes", async () => {
        await assert.rejects(
            wait(() => 1),
            /Deployment x did not become ready: nothing has changed for 0\.8 s, still waiting for 1 of 5/,
        );
        await assert.rejects(
            wait((milliseconds) => 1 + (Math.floor(milliseconds / 300) % 2)),
            /nothing has changed for/,
        );
    });
});
