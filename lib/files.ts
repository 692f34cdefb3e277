import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

interface WriteOptions {
    /** @default nobody but the owner may read it */
    mode?: number;
    /** For directories that have to be made. @default everybody may look into them */
    directoryMode?: number;
    /**
     * Path that is written first. A file's only writer gives a fixed one, so that what a killed process has left is written
     * over. @default one for each call, because another process may write the same file
     */
    scratch?: string;
}

let written = 0;

/** Writes a file in one move, so that its readers, after a crash too, find all of it or none; it is on the disk when this resolves. */
export async function writeAtomically(
    path: string,
    content: string,
    { mode = 0o600, directoryMode, scratch = `${path}.${process.pid}-${++written}.new` }: WriteOptions = {},
): Promise<void> {
    await mkdir(dirname(path), { recursive: true, mode: directoryMode });
    try {
        const handle = await open(scratch, "w", mode);
        try {
            await handle.writeFile(content);
            await handle.sync();
        } finally {
            await handle.close();
        }
        await rename(scratch, path);
    } catch (error) {
        await rm(scratch, { force: true });
        throw error;
    }
}

/** Writes a file that nobody else may read, in a directory that nobody else may look into. */
export function writeOwnersOnly(path: string, content: string, scratch?: string): Promise<void> {
    return writeAtomically(path, content, { directoryMode: 0o700, scratch });
}
