import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { type ImageDigests } from "../../config/image-digests";
import { type ImagePlatform } from "../../config/platforms";
import { UserError } from "../../lib/errors";
import { run, isMissing } from "../../lib/exec";
import { cacheDir } from "../../lib/paths";
import { step } from "../../lib/progress";
import { twice } from "./attempts";
import { digestInOutput, pushedDigest } from "./digests";
import { lockedBases } from "../inventory/bases";
import { imageFailure, type ImageRequest } from "./buildah";
import { pushFailure } from "./push-failure";

/** Programs that build images from upstream's bases, on a machine that reaches an image registry. */
export const engines = ["docker", "podman"] as const;
export type Engine = (typeof engines)[number];

/** The first engine that is installed and answers; buildah where none does. */
export async function findTool(): Promise<Engine | "buildah"> {
    const silent: string[] = [];
    for (const engine of engines) {
        const failure = await run(engine, ["info"], { still: 60 }).then(
            () => undefined,
            (error: unknown) => error,
        );
        if (failure === undefined) return engine;
        if (!isMissing(failure)) silent.push(`${engine} is installed but doesn't answer: ${lastWords(failure)}`);
    }
    if (buildahCouldWork()) return "buildah";
    throw new UserError("nothing here can build images", {
        evidence: silent,
        allowed: "docker or podman that answers, or buildah on Debian and its relatives",
        fix: silent.length > 0 ? "start one of those" : "install Docker or Podman",
    });
}

/** buildah and all that it needs is there, or can be installed. */
function buildahCouldWork(): boolean {
    return process.platform === "linux" && existsSync("/usr/bin/dpkg-query");
}

function lastWords(error: unknown): string {
    const said = error instanceof UserError ? error.details.evidence?.at(-1) : undefined;
    return (said ?? (error instanceof Error ? error.message : String(error))).slice(0, 200);
}

/** Refuses an engine that cannot work, with what it says itself. */
export async function requireEngine(engine: Engine): Promise<void> {
    await run(engine, ["info"], { still: 60 }).catch((error: unknown) => {
        throw new UserError(`${engine} cannot be used here`, {
            evidence: error instanceof UserError ? error.details.evidence?.slice(-3) : undefined,
            fix: `install or start ${engine}, or build with --tool buildah`,
        });
    });
}

/**
 * Builds with Docker or Podman, whose own cache says what has changed.
 *
 * @param platforms one at most. @default the engine's own
 */
export async function buildWithEngine(
    engine: Engine,
    requests: ImageRequest[],
    platforms: readonly ImagePlatform[] = [],
): Promise<void> {
    const way =
        platforms.length === 0
            ? ["build", ...(engine === "docker" && (await isApart()) ? ["--load"] : [])]
            : engine === "docker"
              ? ["buildx", "build", "--load", "--platform", platforms.join()]
              : ["build", "--platform", platforms.join()];
    for (const { name, ref, context, containerfile } of requests) {
        await step(`Build image ${name} with ${engine}`, async (note) => {
            note(ref);
            const log = join(cacheDir(), "log", `image-${name}.log`);
            const bases = lockedBases(await readFile(containerfile, "utf8"));
            // Not watched: the work is done in a process that isn't the command's own.
            const attempt = () =>
                run(engine, [...way, "--file", containerfile, "--tag", ref, ...bases, context], { log });
            await twice(attempt, log, (why) => note(`tried once more: ${why}`)).catch((error: unknown) => {
                throw imageFailure(name, log, error);
            });
        });
    }
}

/** Tells whether Docker's builder is a container of its own, which keeps what it has built unless it is told to hand it over. */
async function isApart(): Promise<boolean> {
    const said = await run("docker", ["buildx", "inspect"], { still: 60 }).catch(() => undefined);
    const driver = /^Driver:\s*(\S+)/m.exec(said?.stdout ?? "")?.[1];
    return driver !== undefined && driver !== "docker";
}

/**
 * Pushes to the registry that is in each image's name.
 *
 * @returns what the registry has now, by name
 */
export async function pushWithEngine(engine: Engine, refs: string[]): Promise<ImageDigests> {
    const digests: ImageDigests = {};
    for (const ref of refs) {
        await step(`Push ${ref}`, async (note) => {
            const push = (...options: string[]) =>
                run(engine, ["push", ...options, ref]).catch((error: unknown) => {
                    throw pushFailure(engine, ref, error);
                });
            digests[ref] =
                engine === "docker"
                    ? digestInOutput((await push()).stdout)
                    : await pushedDigest((file) => push("--digestfile", file));
            note(digests[ref]);
        });
    }
    return digests;
}
