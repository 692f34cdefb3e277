import assert from "node:assert/strict";

import { execa } from "execa";

import { repoRoot } from "../../lib/paths";
import { tool } from "../../tools";
import { Bed, useBed } from "./bed";

const namespace = "first-start";
const grant = { apiVersion: "v1", kind: "ConfigMap", namespace, name: "kafka-first-start" };

/** A pod that never gets ready, so that neither nodes nor job ever are. */
const stuck = { podLabels: { "bed.data-platform.io/never-ready": "true" } };

describe("chart kafka: leave to begin a cluster, by the real Helm on a real API server", function () {
    this.timeout(600_000);
    let bed: Bed;

    before(async () => {
        bed = await useBed();
        await bed.kube.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    });
    after(() => bed.kube.delete({ apiVersion: "v1", kind: "Namespace", name: namespace }));

    async function helm(args: string[], values: Record<string, unknown> = {}): Promise<boolean> {
        const { failed, all } = await execa(
            await tool("helm"),
            [...args, "--namespace", namespace, "--kubeconfig", bed.kubeconfig],
            { cwd: repoRoot, input: JSON.stringify(values), all: true, reject: false },
        );
        if (failed) console.log(`        helm ${args[0]}: ${all.trim().split("\n").at(-1)?.slice(0, 160)}`);
        return !failed;
    }
    const chart = ["kafka", "charts/kafka", "--values", "-"];
    const given = async () => Object.keys((await bed.kube.get(grant))?.data ?? {});

    it("is there as long as the nodes of a new release aren't", async () => {
        assert.ok(!(await helm(["install", ...chart, "--timeout", "5s"], stuck)));
        assert.deepEqual(await given(), ["may-found"]);
    });

    it("is taken back when the job has succeeded, in an upgrade too", async () => {
        assert.ok(await helm(["upgrade", "--reset-values", ...chart]));
        assert.equal(await bed.kube.get(grant), undefined);
    });

    it("isn't given again by an upgrade, however that ends", async () => {
        assert.ok(!(await helm(["upgrade", "--reset-values", ...chart, "--timeout", "5s"], stuck)));
        assert.equal(await bed.kube.get(grant), undefined);
    });

    it("leaves nothing behind, and is given to the next release of that name", async () => {
        assert.ok(await helm(["uninstall", "kafka"]));
        assert.equal(await bed.kube.get(grant), undefined);
        assert.ok(!(await helm(["install", ...chart, "--timeout", "5s"], stuck)));
        assert.deepEqual(await given(), ["may-found"]);
        assert.ok(await helm(["uninstall", "kafka"]));
        assert.equal(await bed.kube.get(grant), undefined, "of one that was never whole too");
    });

    it("isn't given to a release that finds a volume of a former one", async () => {
        const kept = { storage: { retain: true } };
        assert.ok(await helm(["install", ...chart], kept));
        assert.ok(await helm(["uninstall", "kafka"]));
        assert.ok(!(await helm(["install", ...chart, "--timeout", "5s"], { ...kept, ...stuck })));
        assert.equal(await bed.kube.get(grant), undefined);
        assert.ok(await helm(["uninstall", "kafka"]));
    });
});
