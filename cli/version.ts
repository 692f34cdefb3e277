import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

import packageJson from "../package.json";
import { repoRoot } from "../lib/paths";

/** The version of this checkout: package.json's, and the commit where it is a clone. */
export function version(): string {
    const commit = commitOf(repoRoot);
    return `${packageJson.version}${commit ? ` (commit ${commit})` : ""}`;
}

/** The commit that is checked out; nothing where it is no clone, or git isn't there. */
function commitOf(dir: string): string | undefined {
    // Another repository may hold an unpacked archive of this one.
    if (!existsSync(join(dir, ".git"))) return undefined;
    try {
        const args = ["-C", dir, "rev-parse", "--short=12", "HEAD"];
        return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim() || undefined;
    } catch {
        return undefined;
    }
}
