import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { objectStoreDefaults } from "../../config/systems/object-store";
import { readStackConfig, stackFile } from "../../render/stack-config";
import { up } from "../../sandbox/apply/builtin";
import { startCluster } from "../../sandbox/cluster";
import { buildPlatformImages } from "../../sandbox/commands/images";
import { stateDir } from "../../sandbox/lib/paths";
import { expected, type Outputs, runPipeline } from "../../sandbox/pipeline";
import { sandbox } from "../e2e/sandbox-command";
import { minute, rows, tell } from "../e2e/world";
import { OutsideStore } from "../lib/outside-store";

const stack = "sandbox";

/** Where pods reach the node itself, and a process on it that is none of theirs. */
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
        const { signal } = new AbortController();
        const numbers = expected(signal);
        numbers.catch(() => undefined);
        const [cluster, images] = [await startCluster(), await buildPlatformImages()];
        await cluster.importImages(images);
        store = await OutsideStore.start({ dir, ...node });
        const credentials = await store.prepare(config);

        const { values } = readStackConfig(stackFile(stack));
        const external = { ...config.external, endpoint: store.endpoint, ca: store.authority.certificate };
        const { outputs } = await up({
            ...{ stack, kubeconfig: cluster.kubeconfig, dir: stateDir() },
            config: {
                ...values,
                "data-platform:objectStore": JSON.stringify({ kind: "external", external }),
                "data-platform:credentials": JSON.stringify(credentials),
            },
            secretKeys: ["data-platform:credentials"],
        });
        const { namespaces, endpoints, secrets } = outputs as unknown as Outputs;
        assert.equal(endpoints.objectStore, store.endpoint);

        const found = await runPipeline({
            ...{ kubeconfig: cluster.kubeconfig, outputs: { namespaces, endpoints, secrets } },
            ...{ expected: numbers, again: false, signal },
        });
        assert.deepEqual(found.rows, { produced: rows, landed: rows, read: rows });
        assert.equal(found.tables.delays.rows, 185);
        assert.equal(found.tables.predictions.rows, 84_292);
        assert.equal(Number(found.model.metrics.mae).toFixed(4), "22.3041");
        tell(
            `${found.rows.landed} rows, ${found.tables.delays.rows} delays, ${found.tables.predictions.rows} predictions, mae ${found.model.metrics.mae}`,
        );

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
});
