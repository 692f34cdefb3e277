import assert from "node:assert/strict";

import { leaksIn, SecretValue } from "../support/secrets";
import { token } from "../support/sentinel";
import { cliScene, stack } from "../support/drills/cli";

describe("no secret comes out of the Pulumi CLI", function () {
    this.timeout(480_000);
    const at = cliScene("careless.ts");

    /** All that it says and writes down of an update, by name. */
    async function said(where: string, password: string): Promise<Record<string, string>> {
        await at.backend.create(stack);
        await at.configure({});
        const set = async (...args: string[]) => {
            const { code, said: text } = await at.pulumi("config", "set", "--stack", stack, ...args);
            assert.equal(code, 0, text);
        };
        await set("careless:where", where);
        await set("--path", "--secret", "careless:secrets.password", password);
        const texts: Record<string, string> = {};
        const commands: Record<string, string[]> = {
            "preview --diff": ["preview", "--diff"],
            up: ["up", "--yes", "--skip-preview"],
            "preview --json": ["preview", "--json", "--diff"],
            export: ["stack", "export"],
            output: ["stack", "output", "--json"],
            config: ["config"],
        };
        for (const [name, args] of Object.entries(commands)) {
            const { code, said: text } = await at.pulumi(...args, "--stack", stack);
            assert.equal(code, 0, text);
            texts[name] = text;
        }
        await at.backend.destroy(stack);
        return texts;
    }

    const secret = (): SecretValue => ({ of: "the token", value: token() });

    // Its event log does hold them in the clear: engine/pulumi/operate.ts keeps that in memory, for its owner alone.
    it("neither in what it prints, nor in a state that is exported", async () => {
        const own = secret();
        assert.deepEqual(leaksIn(await said("nowhere", own.value), [own]), []);
    });

    it("counter-proof: one that a program takes for no secret is found", async () => {
        const own = secret();
        const found = leaksIn(await said("chart value, unmarked", own.value), [own]);
        assert.ok(found.includes("the token in export"), found.join());
    });
});
