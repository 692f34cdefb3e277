import { existsSync } from "node:fs";
import { readdir, rm, rmdir } from "node:fs/promises";
import { basename, join } from "node:path";

import { UserError } from "../../lib/errors";
import { type Layout } from "./layout";

/**
 * Names in a state directory: the layout's files and directories, and what each engine knows of the applied program: `apply` the built-in
 * one, `pulumi` the CLI. That is of this cluster, so it goes with it.
 */
function isOwn(at: Layout, entry: string): boolean {
    const names = Object.values(at)
        .filter((path) => path !== at.dir)
        .map((path) => basename(path));
    // A file of a killed process stands there under the name that it was written to first.
    return ["apply", "pulumi", ...names].includes(entry.replace(/(\.\d+-\d+)?\.new$/, ""));
}

/**
 * Refuses a directory that holds something else: DATA_PLATFORM_SANDBOX_DIR may name any, and all that the sandbox keeps there
 * goes with it.
 */
export async function requireOwnDirectory(at: Layout): Promise<void> {
    const foreign = (await entriesOf(at)).filter((name) => !isOwn(at, name) && name !== "lost+found");
    if (foreign.length === 0 || existsSync(at.host)) return;
    throw new UserError("the sandbox's directory holds something that is not the sandbox's", {
        where: `${at.dir}: ${foreign.slice(0, 5).join(", ")}${foreign.length > 5 ? ", …" : ""}`,
        allowed: "a directory that is empty or does not exist yet",
        fix: "set DATA_PLATFORM_SANDBOX_DIR to another directory, or unset it",
    });
}

/** Removes what is the sandbox's, and the directory if nothing else is in it. */
export async function removeStateDir(at: Layout): Promise<void> {
    for (const name of (await entriesOf(at)).filter((entry) => isOwn(at, entry))) {
        const path = join(at.dir, name);
        if (path !== at.host) await rm(path, { recursive: true, force: true });
    }
    // The record of what the machine was like before goes last, so that a stop killed before this can be done again.
    await rm(at.host, { force: true });
    // It stays if it is a mount point or holds what is not ours.
    await rmdir(at.dir).catch(() => undefined);
}

function entriesOf({ dir }: Layout): Promise<string[]> {
    return readdir(dir).catch(() => []);
}
