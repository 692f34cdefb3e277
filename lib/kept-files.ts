import { createHash } from "node:crypto";
import { readFile, utimes } from "node:fs/promises";
import { join } from "node:path";

import { pruneOld } from "./cache";
import { writeAtomically } from "./files";
import { cacheDir } from "./paths";

/** Days after which a file that nobody asked for is thrown away. */
const keptFor = 60;

/**
 * Files of the cache that are kept between checkouts, by a key of their own: each has its checksum in the first line, so that one
 * that was damaged counts as one that isn't there.
 */
export class KeptFiles {
    /** @param folder below the cache's directory */
    constructor(private readonly folder: string) {}

    /** The content that is kept for a key, or nothing. */
    async read(key: string): Promise<string | undefined> {
        const file = this.file(key);
        const text = await readFile(file, "utf8").catch(() => "");
        const [checksum, content] = [text.slice(0, 64), text.slice(65)];
        if (sha256(content) !== checksum) return undefined;
        await utimes(file, new Date(), new Date()).catch(() => undefined);
        return content;
    }

    async keep(key: string, content: string): Promise<void> {
        await writeAtomically(this.file(key), `${sha256(content)}\n${content}`, { mode: 0o644 });
        await pruneOld(this.dir, keptFor, () => false);
    }

    private get dir(): string {
        return join(cacheDir(), this.folder);
    }

    private file(key: string): string {
        return join(this.dir, sha256(key));
    }
}

export function sha256(text: string): string {
    return createHash("sha256").update(text).digest("hex");
}
