import assert from "node:assert/strict";
import { join } from "node:path";

import { collect } from "../../../support/collect";

const evaluate = (test: Record<string, string>) =>
    collect({
        program: join(__dirname, "../../fixtures/reserved.ts"),
        config: { "data-platform:profile": "sandbox", ...test },
    });
const declare = (...names: string[]) => evaluate({ "test:names": names.join() });

describe("names of the platform's own objects", () => {
    it("are no workload's: all of them are told at once", async () => {
        await assert.rejects(declare("default-deny", "allow-dns", "checker", "mine"), (error: Error) => {
            for (const [name, object] of [
                ["default-deny", "NetworkPolicy default-deny"],
                ["allow-dns", "NetworkPolicy allow-dns"],
                ["checker", "ServiceAccount checker"],
            ])
                assert.ok(
                    error.message.includes(
                        `EtlJob "${name}": name: the platform has the object "dev-jobs: ${object}" already`,
                    ),
                    error.message,
                );
            assert.doesNotMatch(error.message, /"mine"/);
            return true;
        });
    });

    it("counter-proof: another name is taken", async () => {
        const made = await declare("mine");
        assert.equal(made.all("ServiceAccount").filter(({ name }) => name === "mine").length, 1);
    });
});

describe("a declaration without options", () => {
    it("is refused: it would go to another cluster than all else", async () => {
        await assert.rejects(
            evaluate({ "test:names": "mine", "test:bare": "lost" }),
            /EtlJob "lost": opts: names no provider, .* current cluster .* hand on the opts/,
        );
    });
});
