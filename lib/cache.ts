import { mkdir, readdir, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";

import { UserError } from "./errors";

const GiB = 1024 ** 3;

/**
 * Refuses to begin what would end with a full disk.
 *
 * @param purpose what the space is for, as it stands after "not enough disk space to"
 */
export async function requireFreeSpace(dir: string, gib: number, purpose: string): Promise<void> {
    await mkdir(dir, { recursive: true });
    const { bavail, bsize } = await statfs(dir);
    const free = (bavail * bsize) / GiB;
    if (free >= gib) return;
    throw new UserError(`not enough disk space to ${purpose}: ${free.toFixed(1)} GiB free`, {
        where: dir,
        allowed: `at least ${gib} GiB`,
        fix: "free some space, or set DATA_PLATFORM_CACHE (and DATA_PLATFORM_SANDBOX_DIR) to a directory on a larger disk",
    });
}

/** A message that says plainly that the disk ran full while something was being made, or nothing if that was not it. */
export function fullDisk(evidence: string, dir: string, purpose: string): UserError | undefined {
    if (!/no space left on device|ENOSPC|disk quota exceeded/i.test(evidence)) return undefined;
    return new UserError(`the disk ran full while trying to ${purpose}`, {
        where: dir,
        fix: "free some space and run the same command again; what was finished before is kept",
    });
}

/** Removes the entries of a directory that `keep` does not want and that nobody used for some days. */
export async function pruneOld(dir: string, days: number, keep: (name: string) => boolean): Promise<void> {
    const names = await readdir(dir).catch(() => [] as string[]);
    for (const name of names.filter((each) => !keep(each))) {
        const path = join(dir, name);
        const age =
            Date.now() -
            (await stat(path).then(
                (s) => s.mtimeMs,
                () => Date.now(),
            ));
        if (age > days * 86_400_000) await rm(path, { recursive: true, force: true });
    }
}
