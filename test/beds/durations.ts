// Required by mocha: measures what each file takes, the hooks before its tests included, for the next run to be split by.
import { relative } from "node:path";

import { repoRoot } from "../../lib/paths";
import { type Durations, writeDurations } from "./split";

const measured: Durations = {};
let last = performance.now();

export const mochaHooks = {
    afterEach(this: Mocha.Context): void {
        const now = performance.now();
        const { file } = this.currentTest ?? {};
        if (file) {
            const name = relative(repoRoot, file);
            measured[name] = (measured[name] ?? 0) + (now - last) / 1000;
        }
        last = now;
    },
    afterAll(): void {
        const rounded = Object.entries(measured).map(([file, seconds]) => [file, Math.round(seconds)] as const);
        writeDurations(Object.fromEntries(rounded), process.env.TEST_DURATIONS);
    },
};
