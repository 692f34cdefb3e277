import { join } from "node:path";

import { UserError } from "../lib/errors";
import { run } from "../lib/exec";
import { cacheDir } from "../lib/paths";
import { step } from "../lib/progress";
import { imageFailure, type ImageRequest } from "./buildah";

/** Programs that build images from upstream's bases, on a machine that reaches an image registry. */
export const engines = ["docker", "podman"] as const;
export type Engine = (typeof engines)[number];

/** The first engine that is installed and answers. */
export async function findEngine(): Promise<Engine | undefined> {
    for (const engine of engines) {
        const answer = await run(engine, ["info"], { timeout: 10_000 }).catch(() => undefined);
        if (answer) return engine;
    }
    return undefined;
}

/** Refuses an engine that cannot work, with what it says itself. */
export async function requireEngine(engine: Engine): Promise<void> {
    await run(engine, ["info"], { timeout: 10_000 }).catch((error: unknown) => {
        throw new UserError(`${engine} cannot be used here`, {
            evidence: error instanceof UserError ? error.details.evidence?.slice(-3) : undefined,
            fix: `install or start ${engine}, or build with --tool buildah`,
        });
    });
}

/** Builds with Docker or Podman, whose own cache says what has changed. */
export async function buildWithEngine(engine: Engine, requests: ImageRequest[]): Promise<void> {
    for (const { name, ref, context, containerfile } of requests) {
        await step(`Build image ${name} with ${engine}`, async (note) => {
            note(ref);
            const log = join(cacheDir(), "log", `image-${name}.log`);
            await run(engine, ["build", "--file", containerfile, "--tag", ref, context], { log }).catch(
                (error: unknown) => {
                    throw imageFailure(name, log, error);
                },
            );
        });
    }
}

/** Pushes to the registry that is in each image's name. */
export async function pushWithEngine(engine: Engine, refs: string[]): Promise<void> {
    for (const ref of refs) {
        await step(`Push ${ref}`, async () => {
            await run(engine, ["push", ref], { fix: `log in first: ${engine} login ${ref.split("/")[0]}` });
        });
    }
}
