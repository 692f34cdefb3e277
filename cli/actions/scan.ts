import { writeFile } from "node:fs/promises";

import { readAllowed } from "../../operations/scan/allowed";
import { markdown, report } from "../../operations/scan/report";
import { scan } from "../../operations/scan/scan";
import { imagesToScan, pinFiles } from "../../operations/scan/sources";
import { triage } from "../../operations/scan/triage";
import { repoRoot } from "../../lib/paths";
import { tool } from "../../tools";
import { type CommandResult, exitCodes } from "../../lib/exit-codes";
import type { CommonFlags } from "../command";
import type { Threshold } from "../../operations/scan/levels";

export interface ScanFlags extends CommonFlags {
    level: Threshold;
    partial?: boolean;
    digests?: string;
    images: boolean;
    out?: string;
}

/** Everything that is pinned, held against a database of advisories. */
export async function scanAll({ level, partial, digests, images, out }: ScanFlags): Promise<CommandResult> {
    // The allow-list is read first: a wrong one is reported before minutes have passed.
    const allowed = readAllowed();
    const rows = await scan({
        project: repoRoot,
        files: await pinFiles(repoRoot),
        images: images ? imagesToScan(digests) : [],
        program: await tool("osv-scanner"),
    });
    const result = triage(rows, { level, allowed, today: new Date().toISOString().slice(0, 10) });
    if (out) await writeFile(out, markdown(result, level));
    const silent = result.silent.length > 0 && !partial;
    return {
        text: report(result, level),
        json: result,
        code: result.findings.length > 0 ? exitCodes.found : silent ? exitCodes.warnings : exitCodes.done,
    };
}
