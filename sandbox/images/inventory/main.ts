import { existsSync } from "node:fs";

import { Command } from "commander";

import { renderError, UserError } from "../../lib/errors";
import { step } from "../../lib/progress";
import { currentLock, keyOf, type Lock, lockFile, readLock, withDigests, writeLock } from "./lock";
import { digestOf } from "./registry";

/** Fills in the digest of every image of upstream's that a registry tells it of; another keeps the one that was known. */
export async function withAskedDigests(lock: Lock, known: Lock | undefined, ask = digestOf) {
    const failures: string[] = [];
    const upstream = await Promise.all(
        lock.upstream.map(async (each) => {
            const digest = await ask(keyOf(each)).catch((error: unknown) => {
                if (!(error instanceof UserError)) throw error;
                failures.push([error.message, ...(error.details.evidence ?? [])].join(": "));
                return null;
            });
            return { ...each, digest };
        }),
    );
    return { lock: withDigests({ ...lock, upstream }, known), failures: failures.sort() };
}

async function main({ offline }: { offline?: boolean }): Promise<void> {
    const known = existsSync(lockFile) ? readLock() : undefined;
    const current = await step("List the images of all stacks", () => currentLock());
    const { lock, failures } = offline
        ? { lock: withDigests(current, known), failures: [] }
        : await step("Ask registries for digests", () => withAskedDigests(current, known));
    await writeLock(lock);
    for (const failure of failures) console.error(`  ${failure}`);
    const without = lock.upstream.filter(({ digest }) => digest === null).length;
    console.log(
        `${lock.ours.length} images of ours and ${lock.upstream.length} of upstream's are in images.lock.json${without ? `, ${without} of them without a digest` : ""}`,
    );
}

if (require.main === module) {
    new Command("images-lock")
        .description("Writes images.lock.json anew: every image that a stack of the project uses")
        .option("--offline", "ask no registry; digests that are known stay")
        .action(main)
        .parseAsync()
        .catch((error: unknown) => {
            console.error(renderError(error));
            process.exitCode = 1;
        });
}
