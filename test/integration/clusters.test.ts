import assert from "node:assert/strict";

import { KubeObject } from "../../kubernetes/client";
import { extract } from "../../kubernetes/pods";
import { Manifest, mapAt } from "../../kubernetes/objects";
import { Admission } from "../support/admitted";
import { examples, renderExample } from "../support/clusters";
import { Bed, useBed } from "./bed";

describe("the example settings of each kind of cluster are admitted by a real API server", function () {
    this.timeout(300_000);
    let bed: Bed;
    let admission: Admission;

    before(async () => {
        bed = await useBed();
        admission = new Admission(bed.kube);
    });
    after(() => admission.clean());

    /** Values of Secrets are masked, which is no base64. */
    const readable = (object: KubeObject): KubeObject => {
        if (object.kind !== "Secret") return object;
        const data = Object.keys(mapAt(object, "data")).map((key) => [key, "bWFza2Vk"]);
        return { ...object, data: Object.fromEntries(data) as Record<string, string> };
    };

    async function objects(example: string): Promise<KubeObject[]> {
        const manifests = await renderExample(example);
        const hidden = extract(manifests.map((manifest) => ({ manifest, origin: "" }))).objects;
        const all = [...manifests, ...hidden.map(({ manifest }): Manifest => manifest)] as unknown as KubeObject[];
        return all.map(readable);
    }

    // All of them make namespaces of the same names.
    for (const example of examples) {
        it(example, async () => {
            const all = await objects(example);
            await admission.ready(all);
            assert.ok(all.length > 150, `${all.length} objects`);
            assert.deepEqual(await admission.objections(all), []);
        });
    }

    it("counter-proof: a pod that runs as root is found", async () => {
        const all = structuredClone(await objects("openshift"));
        await admission.ready(all);
        const pods = all.filter(({ kind }) => kind === "Pod") as (KubeObject & { spec: { securityContext: object } })[];
        assert.ok(pods.length > 0);
        for (const { spec } of pods) spec.securityContext = { runAsNonRoot: false };
        assert.match((await admission.objections(pods)).join("\n"), /violates PodSecurity "restricted/);
    });
});
