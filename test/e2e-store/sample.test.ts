import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { objectStoreDefaults } from "../../config/sections/object-store";
import { connect } from "../../kubernetes/connect";
import { readStackConfig, stackFile } from "../../program/stack-config";
import { type Target, up } from "../../engine/builtin/builtin";
import { startCluster } from "../../sandbox/cluster";
import { buildPlatformImages } from "../../sandbox/commands/images";
import { stateDir } from "../../lib/paths";
import { expected, type Outputs, runPipeline } from "../../sandbox/sample-run";
import { sandbox } from "../e2e/sandbox-command";
import { minute, rows, tell } from "../e2e/world";
import { OutsideStore } from "../support/outside-store";

const stack = "sandbox";

/** Address by which pods reach the node itself, and a process on it that is none of theirs. */
const node = { address: "10.213.0.1", port: 9443 };

// It begins with nothing and ends with nothing: a sandbox that runs on this machine goes away.
describe("the sample on an object store outside of the cluster", function () {
    this.timeout(60 * minute);
    this.bail(true);
    const config = {
        region: "us-east-1",
        buckets: objectStoreDefaults.buckets,
        external: { bucketNames: { gold: "acme-gold" } },
    };
    let dir: string;
    let store: OutsideStore;
    let target: Target & { config: Record<string, string> };
    let numbers: ReturnType<typeof expected>;
    const { signal } = new AbortController();

    /** Runs the sample, whose numbers are those that pandas counts. */
    async function sample({ namespaces, endpoints, secrets }: Outputs, again: boolean): Promise<void> {
        const found = await runPipeline({
            ...{ kubeconfig: target.kubeconfig, outputs: { namespaces, endpoints, secrets } },
            ...{ expected: numbers, again, signal },
        });
        assert.deepEqual(found.rows, { produced: rows, landed: rows, read: rows });
        assert.equal(found.tables.delays.rows, 185);
        assert.equal(found.tables.predictions.rows, 84_292);
        assert.equal(Number(found.model.metrics.mae).toFixed(4), "22.3041");
        tell(
            `${found.rows.landed} rows, ${found.tables.delays.rows} delays, ${found.tables.predictions.rows} predictions, mae ${found.model.metrics.mae}`,
        );
    }

    before(async () => {
        assert.equal((await sandbox(["down"], { show: true })).code, 0);
        dir = mkdtempSync(join(tmpdir(), "outside-store-"));
    });
    after(async () => {
        if (!process.env.E2E_KEEP) await sandbox(["down"]);
        await (store as OutsideStore | undefined)?.stop();
        rmSync(dir, { recursive: true });
    });

    it("gives the same numbers, and none of it is in the cluster", async () => {
        numbers = expected(signal);
        numbers.catch(() => undefined);
        const [cluster, images] = [await startCluster(), await buildPlatformImages()];
        await cluster.importImages(images);
        store = await OutsideStore.start({ dir, ...node });
        const credentials = await store.prepare(config);

        const { values } = readStackConfig(stackFile(stack));
        const external = { ...config.external, endpoint: store.endpoint, ca: store.authority.certificate };
        target = {
            ...{ stack, kubeconfig: cluster.kubeconfig, dir: stateDir() },
            config: {
                ...values,
                "data-platform:objectStore": JSON.stringify({ kind: "external", external }),
                "data-platform:credentials": JSON.stringify(credentials),
            },
            secretKeys: ["data-platform:credentials"],
        };
        const { outputs } = await up(target);
        assert.equal((outputs as unknown as Outputs).endpoints.objectStore, store.endpoint);
        await sample(outputs as unknown as Outputs, false);

        for (const bucket of ["bronze", "acme-gold", "models", "logs", "spark-events"]) {
            const there = await store.objects(bucket);
            assert.ok(there.length > 0, `${bucket} is empty`);
            assert.deepEqual(
                there.filter((key) => key.startsWith(".data-platform-check")),
                [],
            );
            tell(`${bucket}: ${there.length} objects`);
        }
    });

    it("gives them with other keys of Airflow's own, and what was encrypted by the old ones can still be read", async () => {
        const namespace = `${stack}-orchestration`;
        const kube = await connect({ kubeconfig: target.kubeconfig });
        try {
            const keys = async () => {
                const found = await kube.get({ apiVersion: "v1", kind: "Secret", namespace, name: "airflow-keys" });
                const data = Object.entries(found?.data as Record<string, string>);
                return Object.fromEntries(data.map(([key, value]) => [key, Buffer.from(value, "base64").toString()]));
            };
            const before = await keys();
            const orchestrator = JSON.parse(target.config["data-platform:orchestrator"] ?? "{}") as object;
            const config = {
                ...target.config,
                "data-platform:orchestrator": JSON.stringify({ ...orchestrator, rotation: 2 }),
            };
            const { outputs } = await up({ ...target, config });
            const after = await keys();
            assert.deepEqual(Object.keys(after), Object.keys(before));
            for (const key of Object.keys(before)) assert.notEqual(after[key], before[key], key);
            const [newest, ...readable] = after["fernet-key"].split(",");
            assert.ok(!before["fernet-key"].includes(newest));
            assert.deepEqual(readable, [before["fernet-key"]]);
            const jobs = await kube.list("batch/v1", "Job", { namespace });
            const [job] = jobs.filter(({ metadata }) => metadata.name.startsWith("airflow-rotate-fernet-key-2-"));
            assert.equal(job.status?.succeeded, 1);
            await sample(outputs as unknown as Outputs, true);
        } finally {
            kube.http.close();
        }
    });
});
