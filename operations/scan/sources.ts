import { readFileSync } from "node:fs";
import { join } from "node:path";

import { knownDigests } from "../../images/build/digests";
import { keyOf, type Lock, readLock } from "../../images/inventory/lock";
import { byDigest } from "../../images/inventory/reference";
import { run } from "../../lib/exec";

/** Ecosystem of the pinned versions. */
export type Kind = "npm" | "PyPI" | "Go" | "Maven";

/** One file of pins, relative to the project. */
export interface PinFile {
    kind: Kind;
    path: string;
}

/** Ecosystems of files, by their names. */
const kinds: [Kind, RegExp][] = [
    ["npm", /(^|\/)package-lock\.json$/],
    ["PyPI", /(^|\/)requirements[\w-]*\.lock$/],
    ["Go", /(^|\/)go\.mod$/],
    ["Maven", /(^|\/)pom\.xml$/],
];

/** Every committed file that pins versions, one's own workloads' as well. */
export async function pinFiles(project: string): Promise<PinFile[]> {
    const { stdout } = await run("git", ["ls-files", "-z"], { cwd: project });
    const files = stdout.split("\0").filter((path) => path && !path.startsWith("test/"));
    return kinds.flatMap(([kind, pattern]) =>
        files
            .filter((path) => pattern.test(path))
            // A module that requires nothing has nothing to ask about.
            .filter((path) => kind !== "Go" || /^require\b/m.test(readFileSync(join(project, path), "utf8")))
            .map((path) => ({ kind, path })),
    );
}

/** Images to look into: those of others in the lock, by digest where it has one, and ours in a file of digests. */
export function imagesToScan(digests?: string, lock: Lock = readLock()): string[] {
    const others = [...lock.upstream, ...lock.bases].map((each) =>
        each.digest ? byDigest(each.image, each.digest) : keyOf(each),
    );
    const ours = digests ? Object.entries(knownDigests(digests)).map(([ref, digest]) => byDigest(ref, digest)) : [];
    return [...ours, ...others];
}
