import assert from "node:assert/strict";

import { patienceFactor } from "../support/timeouts";

describe("a test's limit", () => {
    it("grows with what a machine has to do beside it, and is never less than what the test has set", function () {
        assert.equal(patienceFactor(0.1, 2), 1);
        assert.equal(patienceFactor(20, 2), 10);
        this.timeout(5_000);
        assert.ok(this.timeout() >= 5_000);
    });

    it("of none is none", function () {
        this.timeout(0);
        assert.equal(this.timeout(), 0);
    });
});
