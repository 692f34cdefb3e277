import assert from "node:assert/strict";

import { analyze } from "../../../bench/analyze";
import { preview } from "../../../bench/preview";
import { once } from "../../../policy/lib/decode-once";

describe("properties of a resource, as policies see them", () => {
    /** Decodes to the same each time, and counts. */
    function counting() {
        const asked: object[] = [];
        const decode = once((message) => {
            asked.push(message);
            return { kind: "Service", spec: { ports: [443] } };
        });
        return { asked, decode };
    }

    it("are decoded with the first look at them, and once", () => {
        const { asked, decode } = counting();
        const message = {};
        const first = decode(message, false);
        assert.equal(asked.length, 0);
        assert.equal(first.kind, "Service");
        assert.deepEqual({ ...decode(message, false) }, { kind: "Service", spec: { ports: [443] } });
        assert.deepEqual(Object.keys(first), ["kind", "spec"]);
        assert.ok("spec" in first && !("status" in first));
        assert.equal(asked.length, 1);
    });

    it("are another message's own", () => {
        const { asked, decode } = counting();
        assert.equal(decode({}, false).kind, decode({}, false).kind);
        assert.equal(asked.length, 2);
    });

    it("can't be changed by a policy, as the next one has the same", () => {
        const { decode } = counting();
        const properties = decode({}, false);
        assert.throws(() => (properties.kind = "Pod"), TypeError);
        assert.throws(() => delete properties.kind, TypeError);
    });

    it("are made anew where they may be changed", () => {
        const { asked, decode } = counting();
        const message = {};
        decode(message, true).kind = "Pod";
        assert.equal(decode(message, true).kind, "Service");
        assert.equal(asked.length, 2);
    });
});

describe("the policy pack, started and asked as Pulumi's engine does", function () {
    this.timeout(180_000);

    it("finds nothing in a stack that is right, and the defect in one that isn't", async () => {
        const { registered } = await preview("sandbox");
        assert.deepEqual((await analyze("sandbox", registered)).found, []);
        const unprotected = registered.map((each) => ({ ...each, deleteBeforeReplace: false }));
        const { found } = await analyze("sandbox", unprotected);
        assert.ok(found.length > 0);
        for (const each of found) assert.match(each, /^release-identity: .*deleteBeforeReplace$/s);
    });
});
