import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { cacheDir } from "../../lib/paths";

/** Seconds that files of tests have taken, by their paths in the checkout. */
export type Durations = Record<string, number>;

/** Durations of the last runs on this machine. */
export const durationsFile = () => join(cacheDir(), "test-durations.json");

export function readDurations(file = durationsFile()): Durations {
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Durations) : {};
}

/** Adds what was measured; what wasn't run keeps its duration. */
export function writeDurations(measured: Durations, file = durationsFile()): void {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify({ ...readDurations(file), ...measured }, undefined, 2)}\n`);
}

/**
 * Splits files so that all parts take about the same time: the longest first, each to the part that has the least so far. A file that
 * was never measured counts as the mean of the others.
 */
export function split(files: readonly string[], parts: number, durations: Durations): string[][] {
    const known = files.flatMap((file) => durations[file] ?? []);
    const mean = known.length > 0 ? known.reduce((sum, one) => sum + one, 0) / known.length : 1;
    const cost = (file: string) => Math.max(1, durations[file] ?? mean);
    const found = Array.from({ length: parts }, () => ({ files: [] as string[], seconds: 0 }));
    for (const file of [...files].sort((one, other) => cost(other) - cost(one) || one.localeCompare(other))) {
        const least = found.reduce((best, each) => (each.seconds < best.seconds ? each : best));
        least.files.push(file);
        least.seconds += cost(file);
    }
    // The order in which mocha would run them.
    return found.map((each) => each.files.sort()).filter((each) => each.length > 0);
}
