import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { run, type RunOptions } from "../../lib/exec";
import type { Counts } from "../engine";
import { countsOf } from "./events";

/**
 * Runs an operation of the Pulumi CLI on a whole stack, shows what it says, and counts what it did.
 *
 * @param args makes the arguments, given the file for the events
 */
export async function operate(
    pulumi: string,
    args: (eventLog: string) => string[],
    options: Pick<RunOptions, "cwd" | "env" | "onLine" | "signal" | "fix">,
): Promise<Counts> {
    // The events hold passwords in the clear: in memory, for their owner only, and gone as soon as they are counted.
    const memory = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
    const hidden = await mkdtemp(join(memory, "data-platform-events-"));
    const eventLog = join(hidden, "events.jsonl");
    try {
        await run(pulumi, args(eventLog), {
            ...options,
            // A second signal means "at once" to the CLI, which leaves half-made things behind.
            endsItself: true,
            shownAs: "the Pulumi CLI",
        });
        return countsOf(await readFile(eventLog, "utf8").catch(() => ""));
    } finally {
        await rm(hidden, { recursive: true, force: true });
    }
}
