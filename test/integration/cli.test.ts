import assert from "node:assert/strict";

import { Engine } from "../../engine/engine";
import { openEngine } from "../../engine/open";
import { declared } from "../../kubernetes/diff";
import { KubeClient, nameOf } from "../../kubernetes/client";
import { findPulumi } from "../../engine/pulumi/find";
import { Bed, useBed } from "./bed";
import { dropDefinitions, everything, left } from "./world";

/** Kinds that the program itself declares, beside its Releases. */
const kinds = [
    ["v1", "Namespace"],
    ["v1", "ServiceAccount"],
    ["v1", "Secret"],
    ["v1", "Service"],
    ["v1", "ConfigMap"],
    ["apps/v1", "StatefulSet"],
    ["batch/v1", "CronJob"],
    ["batch/v1", "Job"],
    ["networking.k8s.io/v1", "NetworkPolicy"],
];

/** The stack's objects as they are declared; of Secrets the keys only, because the passwords are other ones each time. */
async function stackObjects(kube: KubeClient): Promise<Record<string, unknown>> {
    const found: Record<string, unknown> = {};
    for (const [apiVersion, kind] of kinds) {
        for (const object of await kube.list(apiVersion, kind)) {
            const { namespace = "", name } = object.metadata;
            if (object.type === "helm.sh/release.v1" || !/^sandbox-/.test(kind === "Namespace" ? name : namespace))
                continue;
            const { spec, data, metadata } = declared(object) as Record<string, Record<string, unknown>>;
            found[nameOf({ apiVersion, kind, namespace, name })] = {
                labels: metadata.labels,
                data: kind === "Secret" ? Object.keys(data) : data,
                spec: withoutAssigned(spec),
            };
        }
    }
    return found;
}

/** Without what the cluster gives out anew each time. */
function withoutAssigned(spec: unknown): unknown {
    return JSON.parse(
        JSON.stringify(spec ?? {}, (key, value: unknown) =>
            /^(clusterIPs?|(batch\.kubernetes\.io\/)?controller-uid|nodePort)$/.test(key) ? undefined : value,
        ),
    );
}

// Only where the CLI is at hand with its plugins; elsewhere there is nothing that could be tested.
const pulumi = findPulumi();
if (pulumi) {
    describe("the Pulumi CLI and the built-in engine", function () {
        this.timeout(600_000);
        let bed: Bed;
        let before: Set<string>;
        const made: Record<string, Record<string, unknown>> = {};

        this.beforeAll(async () => {
            bed = await useBed();
        });
        beforeEach(async () => {
            await dropDefinitions(bed.kube);
            before = await everything(bed.kube);
        });

        for (const choice of ["pulumi", "builtin"] as const) {
            it(`${choice}: up, up again without a change, preview without a change, destroy with nothing left`, async () => {
                const stack = "sandbox";
                const local = { kubeconfig: bed.kubeconfig, dir: await bed.scratch() };
                const engine: Engine = await openEngine({ engine: choice, stack, local });
                const print = () => undefined;
                const first = await engine.up(stack, { print });
                assert.ok(first.counts.create > 30);
                assert.ok(first.outputs.endpoints);
                assert.deepEqual(await engine.outputs(stack), first.outputs);
                made[choice] = await stackObjects(bed.kube);
                for (const { counts } of [await engine.up(stack, { print }), await engine.preview(stack, { print })]) {
                    assert.deepEqual(
                        { ...counts, same: first.counts.create },
                        { ...first.counts, create: 0, same: first.counts.create },
                    );
                }
                await engine.destroy(stack, { print });
                assert.deepEqual(await left(bed.kube, before), []);
            });
        }

        it("make the same objects", () => assert.deepEqual(made.builtin, made.pulumi));
    });
} else {
    it.skip("the Pulumi CLI and the built-in engine: the CLI isn't at hand");
}
