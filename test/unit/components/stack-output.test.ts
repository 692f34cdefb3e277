import assert from "node:assert/strict";

import { execa } from "execa";

import { repoRoot } from "../../../lib/paths";

/** A program of its own: what it refuses stays refused for all of its process. */
const program = `
const { stackOutput } = require("./components/cluster");
const { refuse } = require("./components/declarations/collector");
process.on("unhandledRejection", (error) => console.log("ended:", error.name));
stackOutput("https://minio.dev-storage.svc:9000").apply((value) => console.log("told:", value));
if (process.argv[1] === "refused") refuse([{ declaration: 'EtlJob "a"', argument: "name", message: "can't be" }]);
// Both come in the first turns of the loop.
setTimeout(() => process.exit(0), 1000);
`;

async function say(how: "refused" | "taken"): Promise<string[]> {
    const { stdout } = await execa("node", ["-r", "./cli/typescript.mjs", "-e", program, how], { cwd: repoRoot });
    return stdout.split("\n");
}

describe("outputs of a stack", function () {
    this.timeout(60_000);

    it("aren't told by a program that is refused", async () =>
        assert.deepEqual(await say("refused"), ["ended: DeclarationError"]));

    it("counter-proof: are told by one that isn't", async () =>
        assert.deepEqual(await say("taken"), ["told: https://minio.dev-storage.svc:9000"]));
});
