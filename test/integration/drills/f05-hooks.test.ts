import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

import { up } from "../../../engine/builtin/builtin";
import { KubeClient, KubeObject } from "../../../kubernetes/client";
import { failure, scene } from "../../support/drills/scene";
import { collected } from "../../support/drills/stacks";

const namespace = "drill-airflow";
const parts = ["apiServer", "scheduler", "dagProcessor", "triggerer"];

/** Airflow's Release as the project makes it; its servers get ready when `migrated` lets them, as the real ones would. */
async function airflow(): Promise<Record<string, unknown> & { values: Record<string, Record<string, unknown>> }> {
    const { inputs } = (await collected("sandbox")).one("Release", "airflow");
    const values = { ...(inputs.values as Record<string, Record<string, unknown>>) };
    for (const part of parts) {
        const labels = { ...(values[part].labels as object), "bed.data-platform.io/never-ready": "true" };
        values[part] = { ...values[part], labels };
    }
    return { ...inputs, values };
}

/** Stands in for the servers' own wait: they are ready once the migration has been, and not before. */
function migrated(kube: KubeClient): { stop: () => Promise<string[]> } {
    const order: string[] = [];
    const stopping = new AbortController();
    const ended = (async () => {
        let running = false;
        let done = false;
        while (!stopping.signal.aborted) {
            const pods = (await kube.list("v1", "Pod", { namespace }).catch(() => [])) as KubeObject[];
            const migrations = pods.filter(({ metadata }) => metadata.name.includes("run-airflow-migrations"));
            running ||= migrations.length > 0;
            // Helm takes the Job away as soon as it has ended well.
            const over = migrations.every(({ status }) => status?.phase === "Succeeded");
            if (!done && running && over) {
                done = true;
                order.push("migrated");
            }
            for (const pod of done ? pods.filter(waits) : []) {
                await ready(kube, pod.metadata.name);
                order.push(pod.metadata.name);
            }
            await pause(100);
        }
    })();
    return {
        stop: async () => {
            stopping.abort();
            await ended;
            return order;
        },
    };
}

function waits({ metadata, status }: KubeObject): boolean {
    const conditions = (status?.conditions ?? []) as { type: string; status: string }[];
    return (
        metadata.labels?.["bed.data-platform.io/never-ready"] === "true" &&
        conditions.some(({ type, status }) => type === "Ready" && status === "False")
    );
}

async function ready(kube: KubeClient, pod: string): Promise<void> {
    const conditions = ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type) => ({
        ...{ type, status: "True", lastTransitionTime: new Date().toISOString() },
    }));
    await kube.http.send({
        method: "PATCH",
        path: `/api/v1/namespaces/${namespace}/pods/${pod}/status`,
        contentType: "application/merge-patch+json",
        body: { status: { conditions } },
    });
}

describe("F5: Airflow's servers wait for a migration that Helm runs as a hook after them", function () {
    this.timeout(120_000);
    const at = scene("airflow");

    it("comes up, because the Release itself doesn't wait: the migration runs, and the servers after it", async () => {
        const release = await airflow();
        assert.equal(release.skipAwait, true);
        const waiting = migrated(at.bed.kube);
        await up(at.stack({ release: JSON.stringify(release) }));
        // What waits for the servers is a Job of the stack's own, after the Release.
        const available = async () =>
            (await at.bed.kube.list("apps/v1", "Deployment", { namespace })).every(
                ({ status, spec }) => Number(status?.availableReplicas ?? 0) >= Number(spec?.replicas ?? 1),
            );
        for (const deadline = Date.now() + 30_000; !(await available()); await pause(200)) {
            assert.ok(Date.now() < deadline, "the servers are not available");
        }
        const order = await waiting.stop();
        assert.equal(order[0], "migrated");
        assert.ok(order.length > parts.length, order.join());
    });

    it("waits for the servers by a Job that comes after the Release, so that an update isn't over before they run", async () => {
        const all = await collected("sandbox");
        const job = all.one("kubernetes:batch/v1:Job", "airflow-ready");
        assert.ok(job.dependencies.includes(all.one("Release", "airflow").urn));
    });

    it("counter-proof: a Release that waits is stuck: Helm waits for servers that wait for its hook", async () => {
        const { skipAwait, ...release } = await airflow();
        assert.ok(skipAwait);
        const waiting = migrated(at.bed.kube);
        const error = await failure(up(at.stack({ release: JSON.stringify({ ...release, timeout: 10 }) })));
        assert.match(error.message, /^Release drill-airflow\/airflow did not come up/);
        assert.deepEqual(await waiting.stop(), [], "the migration was begun");
    });
});
