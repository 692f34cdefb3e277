import { existsSync } from "node:fs";

import { CommandLine, runCommandLine } from "../../lib/command-line";
import { UserError } from "../../lib/errors";
import { step } from "../../lib/progress";
import { currentLock, keyOf, type Lock, type LockedImage, lockFile, readLock, withDigests, writeLock } from "./lock";
import { digestOf } from "./registry";

/** Fills in the digest of every image of upstream's that a registry tells it of; another keeps the one that was known. */
export async function withAskedDigests(lock: Lock, known: Lock | undefined, ask = digestOf) {
    const failures: string[] = [];
    const asked = (list: LockedImage[]) =>
        Promise.all(
            list.map(async (each) => {
                const digest = await ask(keyOf(each)).catch((error: unknown) => {
                    if (!(error instanceof UserError)) throw error;
                    failures.push([error.message, ...(error.details.evidence ?? [])].join(": "));
                    return null;
                });
                return { ...each, digest };
            }),
        );
    const [upstream, bases] = [await asked(lock.upstream), await asked(lock.bases)];
    return { lock: withDigests({ ...lock, upstream, bases }, known), failures: failures.sort() };
}

async function main({ offline }: { offline?: boolean }): Promise<void> {
    const known = existsSync(lockFile) ? readLock() : undefined;
    const current = await step("List the images of all stacks", () => currentLock());
    const { lock, failures } = offline
        ? { lock: withDigests(current, known), failures: [] }
        : await step("Ask registries for digests", () => withAskedDigests(current, known));
    await writeLock(lock);
    for (const failure of failures) console.error(`  ${failure}`);
    const others = [...lock.upstream, ...lock.bases];
    const without = others.filter(({ digest }) => digest === null).length;
    console.log(
        `${lock.ours.length} images of ours and ${others.length} of others are in images.lock.json${without ? `, ${without} of them without a digest` : ""}`,
    );
}

if (require.main === module) {
    void runCommandLine(
        new CommandLine("images-lock")
            .description("Writes images.lock.json anew: every image that a stack of the project uses")
            .option("--offline", "ask no registry; digests that are known stay")
            .action(main),
    );
}
