import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

import { destroy, preview, up } from "../../../engine/builtin/builtin";
import { kubernetesProvider } from "../../../engine/builtin/resources";
import { failure, scene } from "../../support/drills/scene";
import { collected, stacks } from "../../support/drills/stacks";

const namespace = { apiVersion: "v1", kind: "Namespace", name: "drill-existing" };
const settings = { apiVersion: "v1", kind: "ConfigMap", namespace: "drill-existing", name: "settings" };

describe("F13: an object that is there already is somebody else's", function () {
    this.timeout(120_000);
    const at = scene("existing", async ({ kube }) => {
        await kube.delete(namespace);
        while (await kube.get(namespace)) await pause(100);
    });
    const colour = async () => ((await at.bed.kube.get(settings))?.data as { colour: string } | undefined)?.colour;
    beforeEach(async () => {
        const { name } = namespace;
        await at.bed.kube.create({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
        await at.bed.kube.create({
            ...{ apiVersion: "v1", kind: "ConfigMap", data: { colour: "theirs" } },
            metadata: { name: "settings", namespace: name },
        });
    });

    it("fails, says whose it is, and leaves it as it was", async () => {
        for (const work of [preview, up]) {
            const error = await failure(work(at.stack()));
            assert.match(
                error.message,
                /ConfigMap drill-existing\/settings exists already and was not made by this stack/,
            );
        }
        assert.equal(await colour(), "theirs");
    });

    it("counter-proof: a connection with upsertExistingObjects writes into it, and a destroy takes it away", async () => {
        const target = at.stack({ adopting: "true" });
        await up(target);
        assert.deepEqual((await at.bed.kube.get(settings))?.data, { colour: "theirs", size: "ours" });
        await destroy(target);
        assert.equal(await at.bed.kube.get(settings), undefined);
    });

    for (const stack of stacks) {
        it(`${stack}: takes over nothing but what a destroyed stack keeps on purpose`, async () => {
            const { requests } = await collected(stack);
            const takesOver = requests
                .filter(
                    ({ type, inputs }) =>
                        type === kubernetesProvider && String(inputs.upsertExistingObjects) === "true",
                )
                .map(({ urn }) => urn);
            const taken = requests.filter(({ provider }) => provider && takesOver.includes(provider));
            for (const { urn, retainOnDelete, inputs } of taken) {
                assert.ok(retainOnDelete && ["Namespace", "Cluster"].includes(String(inputs.kind)), urn);
            }
            assert.ok(
                takesOver.every((urn) => /::([\w-]+-)?adopting$/.test(urn)),
                takesOver.join(),
            );
        });
    }
});
