import { mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a file that nobody else may read, whole or not at all; it is on the disk when this resolves.
 *
 * @param scratch where it is written first. Who alone writes the file gives a fixed one, so that what a killed process has left is
 *   written over. @default one of this process's own, because another may write the same file
 */
export async function writeOwnersOnly(
    file: string,
    text: string,
    scratch = `${file}.${process.pid}.new`,
): Promise<void> {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(scratch, "w", 0o600);
    try {
        await handle.writeFile(text);
        await handle.sync();
    } finally {
        await handle.close();
    }
    await rename(scratch, file);
}
