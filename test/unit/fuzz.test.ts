import assert from "node:assert/strict";

import fc from "fast-check";

import { configs } from "../support/fuzz/configs";
import { declarations } from "../support/fuzz/declarations";
import { Outcome, outcomeOfConfig, outcomeOfDeclaration } from "../support/fuzz/outcomes";
import { cpuSeconds, seed } from "../support/fuzz/seed";

describe("inputs as people write them", function () {
    this.timeout(300_000);

    /** Looks at inputs, and counts those that are taken. */
    function look<Input>(inputs: fc.Arbitrary<Input>, numRuns: number, outcomeOf: (input: Input) => Outcome) {
        let taken = 0;
        let slowest = 0;
        fc.assert(
            fc.property(inputs, (input) => {
                let problems: Outcome["problems"] = [];
                const seconds = cpuSeconds(() => ({ problems } = outcomeOf(input)));
                slowest = Math.max(slowest, seconds);
                assert.ok(seconds < 1, `${seconds} s of CPU`);
                for (const { message } of problems) {
                    assert.ok(!message.includes("hunter2"), message);
                    assert.ok(
                        message.length < 2000 && !/undefined|\[object|NaN/.test(message.replace(/"[^"]*"/g, "")),
                        message,
                    );
                }
                taken += problems.length === 0 ? 1 : 0;
            }),
            { seed, numRuns },
        );
        process.stdout.write(
            `      seed ${seed}: ${taken} of ${numRuns} taken, the slowest ${Math.round(slowest * 1000)} ms of CPU\n`,
        );
        // Else it would be noise that is looked at, and nothing is learnt of it.
        assert.ok(taken > numRuns / 10 && taken < numRuns * 0.9, `${taken} of ${numRuns} are taken`);
    }

    it("stack files: taken, or refused in words, without a hang", () => look(configs, 5000, outcomeOfConfig));

    it("declarations: taken, or refused in words, without a hang", () =>
        look(declarations, 5000, outcomeOfDeclaration));

    it("a defect would be found: one rule that throws, one message with a secret", () => {
        assert.throws(() =>
            look(configs, 500, (raw) => {
                if ("scheduling" in raw) throw new TypeError("of undefined");
                return outcomeOfConfig(raw);
            }),
        );
        assert.throws(() => look(configs, 500, (raw) => ({ problems: [{ message: JSON.stringify(raw) }] })));
    });
});
