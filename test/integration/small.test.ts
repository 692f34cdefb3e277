import assert from "node:assert/strict";

import { count } from "../../sandbox/apply/change";
import { destroy, preview, Target, up } from "../../sandbox/apply/builtin";
import { renderTree } from "../../sandbox/apply/tree";
import { Bed, useBed } from "./bed";

describe("x", function () {
    this.timeout(120_000);
    let bed: Bed;
    let target: Target;
    before(async () => {
        bed = await useBed();
        target = {
            stack: "test",
            kubeconfig: bed.kubeconfig,
            dir: await bed.scratch(),
            program: require.resolve("./fixtures/small.ts"),
            config: {},
        };
    });
    it("all", async () => {
        let t = Date.now();
        const lap = (what: string) => {
            console.log(what, Date.now() - t);
            t = Date.now();
        };
        const p = await preview(target);
        console.log(renderTree(p.changes, p.groups, { all: true }));
        lap("preview");
        const u = await up(target, {
            onChange: (c) => console.log(c.operation, c.name),
            onProgress: (r, t) => console.log("   ", r, t),
        });
        console.log(count(u.changes), u.outputs);
        lap("up");
        const u2 = await up(target, { onChange: (c) => console.log(c.operation, c.name) });
        console.log(count(u2.changes));
        lap("up again");
        const p2 = await preview({
            ...target,
            config: { "small:colour": "red", "small:jobVersion": "2", "small:round": "2" },
        });
        console.log(renderTree(p2.changes, p2.groups));
        lap("preview");
        const u3 = await up({
            ...target,
            config: { "small:colour": "red", "small:jobVersion": "2", "small:round": "2" },
        });
        console.log(renderTree(u3.changes, u3.groups));
        lap("up");
        const d = await destroy(target, { onChange: (c) => console.log(c.operation, c.name) });
        lap("destroy");
        await destroy(target);
        assert.ok(d);
    });
});
