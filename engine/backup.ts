import { homedir } from "node:os";
import { join } from "node:path";

/** A new file for a copy of a stack's state, outside the checkout: under XDG_STATE_HOME, else ~/.local/state. */
export function backupFile(stack: string, now = new Date()): string {
    const root = process.env.XDG_STATE_HOME ?? join(homedir(), ".local", "state");
    const time = now.toISOString().replaceAll(":", "-");
    return join(root, "data-platform", "backups", `${stack}-${time}.json`);
}
