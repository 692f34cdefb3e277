import assert from "node:assert/strict";

import { admission, allPods } from "../../checks/admission";
import { objectsOf } from "../../checks/bundle";
import { allStacks } from "../../checks/stacks";
import { type Bed, useBed } from "../integration/bed";
import { goodPod, sparkApplication } from "./bad";
import { rendered } from "./rendered";

describe("the API server's own admission by Pod Security restricted", function () {
    this.timeout(300_000);
    let bed: Bed;
    before(async () => {
        bed = await useBed();
    });

    it("refuses a privileged driver that hides in a Spark application, and says why", async () => {
        const objects = [goodPod(), sparkApplication({ privileged: true })];
        const pods = allPods(objects.map((manifest) => ({ manifest, origin: "tree" })));
        const { findings, objects: count } = await admission(bed.kube, pods);
        assert.equal(count, 3);
        assert.deepEqual(
            findings.map(({ object }) => object),
            ["Pod/apps/job-driver"],
        );
        assert.match(findings[0].message, /^violates PodSecurity "restricted:latest": privileged/);
        assert.equal(findings[0].origin, "made of SparkApplication/apps/job");
    });

    it("leaves nothing behind", async () => {
        for (;;) {
            const namespaces = await bed.kube.list("v1", "Namespace");
            if (!namespaces.some(({ metadata }) => metadata.name.startsWith("checks-"))) return;
            await new Promise((resolve) => setTimeout(resolve, 200));
        }
    });

    for (const stack of allStacks) {
        it(`admits every pod of ${stack}, those included that operators and programs will make`, async () => {
            const pods = allPods(objectsOf((await rendered(stack)).tree));
            const { findings } = await admission(bed.kube, pods);
            assert.deepEqual(findings, []);
            assert.ok(pods.length > 20, `only ${pods.length} pods`);
        });
    }
});
