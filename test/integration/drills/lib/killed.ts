import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import type { Target } from "../../../../sandbox/apply/builtin";
import { repoRoot } from "../../../../sandbox/lib/paths";
import type { Bed } from "../../bed";
import { held, untilOrEnded } from "./helm";

/** Starts an update in a process of its own, and returns when it has come to a moment. */
export async function begin(target: Target, reached: () => Promise<boolean>): Promise<ChildProcess> {
    const script = join(__dirname, "update.ts");
    const args = ["-r", "ts-node/register/transpile-only", script, JSON.stringify(target)];
    const child = spawn(process.execPath, args, { cwd: repoRoot, stdio: ["ignore", "ignore", "inherit"] });
    await untilOrEnded(reached, child);
    return child;
}

/** Starts an update that Helm's hook keeps in the middle. */
export function beginHeld({ bed, target, namespace }: { bed: Bed; target: Target; namespace: string }) {
    return begin(target, async () => (await held(bed, namespace)) > 0);
}

/** Ends a process as a lost machine does. */
export async function kill(child: ChildProcess): Promise<void> {
    child.kill("SIGKILL");
    await once(child, "exit");
}
