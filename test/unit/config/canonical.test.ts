import assert from "node:assert/strict";

import { canonicalQuantity, canonicalResources, goDuration, seconds } from "../../../config/canonical";
import { quantity } from "../../../config/units";
import { configProblems } from "../../support/config-problems";
import { collect } from "../../support/collect";
import { respelled } from "../../support/respelled";

/** Quantities, and what apimachinery 0.36.2 makes of each: its Quantity, printed anew after a sum with nothing. */
const quantities = {
    ...{ "0": "0", "0Gi": "0", "0.5": "500m", "0.25": "250m", "1": "1", "1.0": "1", "1000m": "1", "1500m": "1500m" },
    ...{ "5000m": "5", "2.5": "2500m", "100m": "100m", "0.1": "100m", "0.001": "1m", "64": "64", "01": "1" },
    ...{ "1024Mi": "1Gi", "1536Mi": "1536Mi", "1.5Gi": "1536Mi", "0.5Gi": "512Mi", "0.1Gi": "107374182400m" },
    ...{ "524288Ki": "512Mi", "1000Mi": "1000Mi", "2048Gi": "2Ti", "3000Mi": "3000Mi", "4Ei": "4Ei", "0.5Ki": "512" },
    ...{ "100M": "100M", "1000M": "1G", "1000k": "1M", "1.5G": "1500M", "1023": "1023", "1024": "1024" },
    ...{ "1e3": "1e3", "12E6": "12e6", "129e6": "129e6", "128974848": "128974848", "1.985m": "1985u", "0.5n": "1n" },
};

/** Lengths of time, and what Go prints of each; days are ours. */
const durations = {
    ...{ "2160h": "2160h0m0s", "720h": "720h0m0s", "87600h": "87600h0m0s", "90m": "1h30m0s", "1h30m": "1h30m0s" },
    ...{ "5m": "5m0s", "300s": "5m0s", "61s": "1m1s", "0s": "0s", "2160h0m0s": "2160h0m0s", "90d": "2160h0m0s" },
    ...{ "1d12h": "36h0m0s", "0h": "0s" },
};

describe("values in the form in which Kubernetes' programs give them back", () => {
    it("quantities, as Go's library prints them", () => {
        for (const [given, canonical] of Object.entries(quantities)) {
            assert.equal(canonicalQuantity(given), canonical, given);
            assert.equal(canonicalQuantity(canonical), canonical, `${given}, twice`);
        }
    });

    it("lengths of time, as Go prints them", () => {
        for (const [given, canonical] of Object.entries(durations)) {
            assert.equal(goDuration(given), canonical, given);
            assert.equal(goDuration(canonical), canonical, `${given}, twice`);
            assert.equal(seconds(given), seconds(canonical), given);
        }
    });

    it("what is neither stays as it is: its own check says what is wrong with it", () => {
        for (const text of ["", "m", "1.2.3", "1 Gi", "Gi", "-", "4g", "1e400", "0x10", "1Gb"])
            assert.equal(canonicalQuantity(text), text);
        for (const text of ["", "h", "1.5h", "1m1h", "-5m", "1w", "5"]) assert.equal(goDuration(text), text);
    });

    it("are the same amounts", () => {
        for (const [given, canonical] of Object.entries(quantities)) {
            const [before, after] = [quantity(given), quantity(canonical)];
            // Smaller parts than a billionth are rounded up.
            if (!Number.isNaN(before))
                assert.ok(Math.abs(after - before) <= 1e-9 + before * 1e-12, `${given} is ${canonical}`);
        }
    });

    it("requests and limits, whatever is named in them", () => {
        assert.deepEqual(
            canonicalResources({
                requests: { cpu: "0.5", memory: "1024Mi", "ephemeral-storage": "0.5Gi", "nvidia.com/gpu": "1" },
                limits: { memory: "2048Mi" },
                claims: [],
            }),
            {
                requests: { cpu: "500m", memory: "1Gi", "ephemeral-storage": "512Mi", "nvidia.com/gpu": "1" },
                limits: { memory: "2Gi" },
                claims: [],
            },
        );
    });
});

describe("a stack file that spells its quantities and lengths of time in another way", function () {
    this.timeout(120_000);
    for (const stack of ["dev", "staging", "prod", "sandbox", "ephemeral"]) {
        it(`${stack}: every key, and what the stack makes is the same to the letter`, async () => {
            const { config, found } = respelled(stack);
            assert.ok(found.size > 40, `${found.size} keys`);
            const [plain, other] = [await collect({ stack }), await collect({ stack, config, secretKeys: [] })];
            // What doesn't depend on each other comes in any order.
            const inputs = ({ requests }: typeof plain) =>
                Object.fromEntries(requests.map(({ urn, inputs }) => [urn, inputs]).sort());
            assert.deepEqual(inputs(other), inputs(plain));
        });
    }

    it("is refused for what cert-manager's webhook would refuse, and for what is no length of time", () => {
        const found = (certificates: object) =>
            configProblems({ profile: "dev", images: { registry: "r.example.com/x" }, certificates });
        assert.deepEqual(found({ duration: "90d", renewBefore: "30d" }), {});
        assert.match(found({ duration: "30m", renewBefore: "10m" })["certificates.duration"], /at least 1h0m0s/);
        assert.match(found({ renewBefore: "4m" })["certificates.renewBefore"], /at least 5m0s/);
        assert.match(found({ renewBefore: "2160h" })["certificates.renewBefore"], /keep it below/);
        for (const duration of ["90", "3 months", "-1h", "1.5h", ""])
            assert.match(
                found({ duration })["certificates.duration"],
                /a length of time such as "90d" or "2160h"/,
                duration,
            );
    });
});
