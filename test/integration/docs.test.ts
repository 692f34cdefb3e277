import assert from "node:assert/strict";
import { join } from "node:path";

import { blocksOf } from "../support/docs/blocks";
import { Checkout, takeDown } from "../support/docs/checkout";
import { runBlock } from "../support/docs/run";
import { scenes } from "../support/docs/scenes";
import { Bed } from "./bed";
import { bedAndCheckout } from "./bed-checkout";
import { dropDefinitions, left } from "./world";

/** In the order in which somebody comes to need them; what one page leaves, the next begins with. */
const pages = process.env.PAGES?.split(",") ?? [
    "own-cluster",
    "pull-requests",
    "upgrades",
    "ephemeral",
    "recovery",
    "teardown",
];

describe("the commands of the documentation, on a real API server", function () {
    this.timeout(600_000);
    let bed: Bed;
    let checkout: Checkout;
    let before: Set<string>;

    this.beforeAll(async () => {
        ({ bed, before, checkout } = await bedAndCheckout());
    });

    this.afterAll(async () => {
        const remains = await left(bed.kube, before);
        await takeDown(checkout, bed);
        await dropDefinitions(bed.kube);
        assert.deepEqual(remains, [], "the last page takes all of it down");
    });

    for (const page of pages) {
        const file = join("docs", `${page}.md`);
        it(`${file} has commands`, () => assert.ok(blocksOf(file).length > 0));
        for (const block of blocksOf(file)) {
            const title = `${file}:${block.line} ${block.commands.split("\n")[0]}`;
            // What is seen by another test was looked up when the page was read.
            if (block.seen) continue;
            it(title, async () => {
                if (block.scene) {
                    const scene = scenes[block.scene];
                    assert.ok(scene, `${title}: there is no scene ${block.scene}`);
                    await scene(checkout, bed);
                }
                const { code, said } = await runBlock(block, checkout);
                assert.ok([0, ...block.exits].includes(code), `${title} ended with ${code}:\n${said}`);
            });
        }
    }
});
