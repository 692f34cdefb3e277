import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { digestPattern, digestsPath, type ImageDigests, readDigests } from "../../config/image-digests";
import { UserError } from "../../lib/errors";
import { repositoryOf } from "../inventory/reference";

/**
 * Adds digests to a file, which begins anew where there is none. Another tag of the same image goes; images elsewhere stay.
 *
 * @param file relative to the project
 * @throws UserError when the file holds something else
 */
export async function recordDigests(file: string, found: ImageDigests): Promise<void> {
    for (const [ref, digest] of Object.entries(found)) check(ref, digest);
    const known = knownDigests(file);
    const fresh = new Set(Object.keys(found).map(repositoryOf));
    const kept = Object.entries(known).filter(([ref]) => !fresh.has(repositoryOf(ref)));
    const all = [...kept, ...Object.entries(found)].sort(([one], [other]) => (one < other ? -1 : 1));
    await writeFile(digestsPath(file), `${JSON.stringify(Object.fromEntries(all), undefined, 4)}\n`);
}

/** Reads a file of digests; nothing where there is none. */
export function knownDigests(file: string): ImageDigests {
    if (!existsSync(digestsPath(file))) return {};
    return demandedDigests(file);
}

/** Reads a file of digests. @throws UserError when there is none, or it holds something else */
export function demandedDigests(file: string): ImageDigests {
    const { digests, problems } = readDigests(file);
    if (problems.length === 0) return digests;
    throw new UserError("the digests of the images can't be read", { where: file, evidence: problems });
}

/**
 * The digest that a program of the family of Podman and buildah writes to a file as it pushes.
 *
 * @param push pushes with that file as `--digestfile`
 * @returns nothing where it wrote none
 */
export async function pushedDigest(push: (digestFile: string) => Promise<unknown>): Promise<string> {
    const scratch = await mkdtemp(join(tmpdir(), "data-platform-digest-"));
    try {
        const file = join(scratch, "digest");
        await push(file);
        return (await readFile(file, "utf8").catch(() => "")).trim();
    } finally {
        await rm(scratch, { recursive: true, force: true });
    }
}

/** The digest in the last lines of `docker push`: `<tag>: digest: sha256:… size: 1234`; nothing where there is none. */
export function digestInOutput(text: string): string {
    return [...text.matchAll(/\bdigest: (sha256:[0-9a-f]{64})\b/g)].at(-1)?.[1] ?? "";
}

function check(ref: string, digest: string): void {
    if (digestPattern.test(digest)) return;
    throw new UserError(`the push of ${ref} told no digest`, {
        evidence: digest ? [digest.slice(0, 200)] : undefined,
        fix: "run the same command again; if it stays, take another builder: TOOL=podman or TOOL=buildah",
    });
}
