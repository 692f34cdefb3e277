#!/usr/bin/env node
// The command `data-platform`, as `npx data-platform` finds it in a clone. It is plain JavaScript, so that an old Node can read it.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const oldest = 22;

/** Ends with 1: nothing is wrong with the command line. */
function refuse(message, fix) {
    process.stderr.write(`${message}\n  fix:     ${fix}\n`);
    process.exit(1);
}

async function start() {
    if (!existsSync(join(root, "node_modules", "typescript"))) {
        refuse("the npm packages of the project are not installed", `make -C ${root} packages`);
    }
    await import("./typescript.mjs");
    createRequire(import.meta.url)("./main.ts");
}

/** Runs the same under the project's own Node, and passes on signals and how it ended. */
function again() {
    const node = join(root, "node_modules", "node", "bin", "node");
    if (!existsSync(node)) {
        refuse(
            `this is Node ${process.versions.node}; the project needs Node ${oldest} or newer`,
            // What `npm ci` alone leaves out: the project's packages run no scripts when they are installed.
            `make -C ${root} packages, which brings one; or by npm: cd ${root} && npm ci && npm rebuild node --ignore-scripts=false`,
        );
    }
    const child = spawn(node, process.argv.slice(1), { stdio: "inherit" });
    // Ctrl-C reaches both; the child decides when it ends.
    process.on("SIGINT", () => undefined);
    process.on("SIGTERM", () => child.kill("SIGTERM"));
    child.on("error", (error) => refuse(`Node can't be started: ${error.message}`, `make -C ${root} packages`));
    child.on("exit", (code, signal) => (signal ? process.kill(process.pid, signal) : process.exit(code)));
}

if (Number(process.versions.node.split(".")[0]) >= oldest) await start();
else again();
