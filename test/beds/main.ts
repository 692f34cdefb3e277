// Runs files of tests in several processes of mocha side by side, each with a bed of its own if it uses one: a process keeps one core
// busy at most, and much of the time is waiting.
//   node -r ./cli/typescript.mjs test/beds/main.ts <directory> [processes] [argument of mocha…]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

import { prepareCharts, prepareCrds } from "../../tools/charts";
import { repoRoot } from "../../lib/paths";
import { Blocks } from "./blocks";
import { readDurations, split, writeDurations } from "./split";

/** Milliseconds after which a line shows that a suite still goes on. */
const interval = 60_000;

/** Committed, for a machine that has no measurements of its own. */
const measuredOnce = join(__dirname, "durations.json");

async function runPart(files: string[], args: string[], durations: string, name: string): Promise<number> {
    // Handles that a failed test has left open must not keep a run that is over.
    const mocha = ["node_modules/mocha/bin/mocha.js", "--exit", "--require", "./test/beds/durations.ts"];
    const child = spawn(process.execPath, ["-r", "./cli/typescript.mjs", ...mocha, ...args, ...files], {
        cwd: repoRoot,
        env: { ...process.env, TEST_DURATIONS: durations },
        stdio: ["ignore", "pipe", "pipe"],
    });
    const blocks = new Blocks((text) => process.stdout.write(text));
    for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => blocks.add(text));
    }
    const timer = setInterval(() => process.stdout.write(`  … ${name}: ${blocks.latest}\n`), interval);
    const stop = (signal: NodeJS.Signals) => void child.kill(signal);
    process.on("SIGINT", stop).on("SIGTERM", stop);
    const [code, signal] = (await once(child, "close")) as [number | null, string | null];
    process.removeListener("SIGINT", stop).removeListener("SIGTERM", stop);
    clearInterval(timer);
    blocks.end();
    if (signal) process.stdout.write(`${name} was ended by ${signal}\n`);
    return code ?? 1;
}

async function main([directory = "", parts = "2", ...args]: string[]): Promise<number> {
    const files = readdirSync(join(repoRoot, directory), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".test.ts"))
        .map((file) => join(directory, file));
    if (files.length === 0) throw new Error(`no tests in ${directory}`);
    const lists = split(files, Number(parts), { ...readDurations(measuredOnce), ...readDurations() });
    // The committed stacks name them, and most tests evaluate one.
    await prepareCharts();
    await prepareCrds();
    const dir = mkdtempSync(join(tmpdir(), "data-platform-durations-"));
    try {
        const codes = await Promise.all(
            lists.map((list, index) => runPart(list, args, join(dir, `${index}.json`), `bed ${index + 1}`)),
        );
        const measured = lists.map((_, index) => readDurations(join(dir, `${index}.json`)));
        writeDurations(Object.assign({}, ...measured) as Record<string, number>);
        if (process.env.RECORD) writeDurations(readDurations(), relative(process.cwd(), measuredOnce));
        return codes.find((code) => code !== 0) ?? 0;
    } finally {
        rmSync(dir, { recursive: true });
    }
}

main(process.argv.slice(2)).then(
    (code) => process.exit(code),
    (error: unknown) => {
        console.error(error);
        process.exit(1);
    },
);
