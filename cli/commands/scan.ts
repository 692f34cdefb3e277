import { Command, Option } from "commander";

import { thresholds } from "../../operations/scan/levels";
import { command } from "../command";
import { UsageError } from "../../lib/errors";
import type { ScanFlags } from "../actions/scan";

/** `data-platform scan`: the advisories of everything that is pinned. */
export function scanCommand(): Command {
    return command<ScanFlags>(
        "scan",
        (flags, rest) => {
            if (rest.length > 0) throw new UsageError(`nothing is done with ${rest.join(" ")}`);
            // Loaded when it is needed, because its libraries take their time.
            // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
            const { scanAll } = require("../actions/scan") as typeof import("../actions/scan");
            return scanAll(flags);
        },
        ["done", "failed", "usage", "found", "warnings"],
    )
        .summary("ask a database which advisories there are of everything that is pinned")
        .description(
            `Asks OSV (osv.dev), by osv-scanner, which advisories there are of what is pinned for npm, PyPI, Go and Maven, and of what is in
the images of images.lock.json, and prints a table. What may stand for a while is in advisories.yaml, with a reason and a day.

Ends with 3 when an advisory is at or above the level and may not stand; with 4 when there is none, but something couldn't be asked
about. Looking into images takes Docker.`,
        )
        .addOption(
            new Option("--level <level>", "the lowest that isn't let pass; what nobody has rated never is")
                .choices(thresholds)
                .default("high"),
        )
        .option("--partial", "end with 0 where something couldn't be asked about")
        .option("--digests <file>", "look into our images of this file as well, as `make images` wrote it")
        .option("--no-images", "look into no image")
        .option("--out <file>", "also write what came of it there, in Markdown");
}
