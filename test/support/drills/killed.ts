import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

import type { Target } from "../../../engine/builtin/builtin";
import { repoRoot } from "../../../lib/paths";
import type { Bed } from "../../integration/bed";
import { held, untilOrEnded } from "./helm";

/** Starts an update in a process of its own, and returns when it has come to a moment. */
export async function begin(target: Target, reached: () => Promise<boolean>): Promise<ChildProcess> {
    const script = join(__dirname, "update.ts");
    const args = ["-r", "./cli/typescript.mjs", script, JSON.stringify(target)];
    const child = spawn(process.execPath, args, { cwd: repoRoot, stdio: ["ignore", "ignore", "inherit"] });
    await untilOrEnded(reached, child);
    return child;
}

/** Starts an update that Helm's hook keeps in the middle. */
export function beginHeld({ bed, target, namespace }: { bed: Bed; target: Target; namespace: string }) {
    return begin(target, async () => (await held(bed, namespace)) > 0);
}

/** Ends an update as a lost machine does: its Helm goes with it, before it can write down that it was stopped. */
export async function kill(child: ChildProcess): Promise<void> {
    const helms = childrenOf(child.pid ?? 0);
    helms.forEach((pid) => process.kill(pid, "SIGSTOP"));
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    helms.forEach((pid) => process.kill(pid, "SIGKILL"));
}

function childrenOf(parent: number): number[] {
    const numbers = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return numbers.map(Number).filter((pid) => {
        try {
            const [program] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
            const ofParent = new RegExp(`^PPid:\\s+${parent}$`, "m").test(readFileSync(`/proc/${pid}/status`, "utf8"));
            return ofParent && basename(program) === "helm";
        } catch {
            return false; // it has just ended
        }
    });
}
