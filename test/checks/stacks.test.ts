import assert from "node:assert/strict";

import { entriesFor } from "../../checks/baseline";
import { extract, podOf } from "../../kubernetes/pods";
import { listAt, nameOf } from "../../kubernetes/objects";
import { objectsOf } from "../../checks/bundle";
import { report } from "../../checks/report";
import { allStacks, checkRendered, type CheckResults } from "../../checks/stacks";
import { rendered } from "./rendered";

describe("what the checks say of every stack", function () {
    this.timeout(600_000);
    let results: CheckResults;

    before(async () => {
        results = await checkRendered(await Promise.all(allStacks.map(rendered)), entriesFor("directories"));
        process.stdout.write(`${report(results)}\n`);
    });

    for (const stack of allStacks) {
        it(`${stack}: nothing that isn't allowed with a reason`, () => {
            const checkReport = results.stacks.find((each) => each.stack === stack);
            assert.ok(checkReport);
            assert.equal(checkReport.open.length, 0, report({ stacks: [checkReport], stale: [] }));
            for (const { tool, objects } of checkReport.reports)
                assert.ok(objects > 20, `${tool} saw ${objects} objects`);
        });

        it(`${stack}: only what lies in a chart that isn't at hand can't be checked`, () => {
            const checkReport = results.stacks.find((each) => each.stack === stack);
            const others = checkReport?.unchecked.filter(
                (each) =>
                    !/not at hand, it stands by its values$|pods of charts that are not at hand$|rendered in short$/.test(
                        each,
                    ),
            );
            assert.deepEqual(others, []);
        });
    }

    it("nothing is allowed that nobody finds", () => {
        assert.deepEqual(results.stale, []);
    });

    // The reason by which the allow-list lets pods be without a limit of ephemeral storage.
    it("every emptyDir of ours has a limit", async () => {
        const upstream = /\/(cert-manager|spark-operator|strimzi-operator|cnpg-system|keda)\//;
        for (const stack of allStacks) {
            const objects = objectsOf((await rendered(stack)).tree);
            const pods = [...objects, ...extract(objects).objects].flatMap(({ manifest }) => podOf(manifest) ?? []);
            const unlimited = pods
                .filter((pod) => !upstream.test(nameOf(pod)))
                .flatMap((pod) =>
                    listAt(pod, "spec", "volumes")
                        .filter(({ emptyDir }) => emptyDir && !(emptyDir as { sizeLimit?: string }).sizeLimit)
                        .map(({ name }) => `${nameOf(pod)} ${String(name)}`),
                );
            assert.deepEqual(unlimited, []);
        }
    });
});
