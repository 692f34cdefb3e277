import assert from "node:assert/strict";

import { entriesFor } from "../../checks/baseline";
import { extract, podOf } from "../../kubernetes/pods";
import { listAt, nameOf } from "../../kubernetes/objects";
import { objectsOf } from "../../checks/bundle";
import { report } from "../../checks/report";
import { allStacks, judgeRendered, type Judgement } from "../../checks/stacks";
import { rendered } from "./rendered";

describe("what the judges say of every stack", function () {
    this.timeout(600_000);
    let judgement: Judgement;

    before(async () => {
        judgement = await judgeRendered(await Promise.all(allStacks.map(rendered)), entriesFor("directories"));
        process.stdout.write(`${report(judgement)}\n`);
    });

    for (const stack of allStacks) {
        it(`${stack}: nothing that isn't allowed with a reason`, () => {
            const verdict = judgement.stacks.find((each) => each.stack === stack);
            assert.ok(verdict);
            assert.equal(verdict.open.length, 0, report({ stacks: [verdict], stale: [] }));
            for (const { judge, objects } of verdict.verdicts)
                assert.ok(objects > 20, `${judge} saw ${objects} objects`);
        });

        it(`${stack}: only what lies in a chart that isn't at hand can't be judged`, () => {
            const verdict = judgement.stacks.find((each) => each.stack === stack);
            const others = verdict?.notJudged.filter(
                (each) =>
                    !/not at hand, it stands by its values$|pods of charts that are not at hand$|rendered in short$/.test(
                        each,
                    ),
            );
            assert.deepEqual(others, []);
        });
    }

    it("nothing is allowed that nobody finds", () => {
        assert.deepEqual(judgement.stale, []);
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
