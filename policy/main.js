/* global require, module, __dirname */
/* eslint-disable @typescript-eslint/no-require-imports -- it runs before anything that knows TypeScript */
// Starts the policy pack. Pulumi would have the compiler check its types at every start, which `make lint` does; in the project it is
// loaded as the command is. On its own, as it is published, it is loaded Pulumi's way.
const { existsSync } = require("node:fs");
const { join } = require("node:path");

module.exports = async () => {
    if (existsSync(join(__dirname, "..", "cli", "typescript.mjs"))) await import("../cli/typescript.mjs");
    require("./index.ts");
};
