import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Writes a file in one move, so that whoever reads it, after a crash too, finds all of it or none. */
export async function writeAtomically(path: string, content: string, mode = 0o600): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    const scratch = `${path}.new`;
    await writeFile(scratch, content, { mode });
    await rename(scratch, path);
}
