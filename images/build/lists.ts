import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type ImageDigests } from "../../config/image-digests";
import { type ImagePlatform } from "../../config/platforms";
import { UserError } from "../../lib/errors";
import { run } from "../../lib/exec";
import { cacheDir } from "../../lib/paths";
import { step } from "../../lib/progress";
import { lockedBases } from "../inventory/bases";
import { twice } from "./attempts";
import { imageFailure, type ImageRequest } from "./buildah";
import { pushedDigest } from "./digests";
import { type Engine } from "./engines";
import { isPushFailure, pushFailure } from "./push-failure";

/**
 * Builds images for given platforms and pushes each under one name, as a list of them. The layers of a platform that isn't the
 * machine's own are made by programs of that platform, which take several times as long.
 *
 * @returns what the registry has now, by name
 */
export async function buildLists(
    engine: Engine,
    requests: ImageRequest[],
    platforms: readonly ImagePlatform[],
): Promise<ImageDigests> {
    const digests: ImageDigests = {};
    for (const request of requests) {
        const { name, ref, containerfile, context } = request;
        await step(`Build image ${name} for ${platforms.join()} with ${engine} and push it`, async (note) => {
            note(ref);
            const log = join(cacheDir(), "log", `image-${name}.log`);
            const bases = lockedBases(await readFile(containerfile, "utf8"));
            const from = ["--platform", platforms.join(), "--file", containerfile, ...bases, context];
            const make = engine === "docker" ? byBuildx : byPodman;
            const attempt = async () => {
                digests[ref] = await make(ref, from, log);
            };
            await twice(attempt, log, (why) => note(`tried once more: ${why}`)).catch((error: unknown) => {
                throw isPushFailure(error) ? pushFailure(engine, ref, error) : imageFailure(name, log, error);
            });
            note(digests[ref]);
        });
    }
    return digests;
}

async function byBuildx(ref: string, from: string[], log: string): Promise<string> {
    const scratch = await mkdtemp(join(tmpdir(), "data-platform-build-"));
    try {
        const file = join(scratch, "metadata.json");
        // The list has the platforms and nothing else: what is in them and who made them is said by signatures of ours.
        const plain = ["--provenance=false", "--sbom=false"];
        await run("docker", ["buildx", "build", "--push", ...plain, "--metadata-file", file, "--tag", ref, ...from], {
            log,
        });
        const metadata = JSON.parse(await readFile(file, "utf8").catch(() => "{}")) as Record<string, unknown>;
        const digest = metadata["containerimage.digest"];
        return typeof digest === "string" ? digest : "";
    } finally {
        await rm(scratch, { recursive: true, force: true });
    }
}

async function byPodman(ref: string, from: string[], log: string): Promise<string> {
    // One of before would keep its images beside the new ones.
    await run("podman", ["manifest", "rm", ref], { log, okCodes: [0, 1, 125] });
    await run("podman", ["build", "--manifest", ref, ...from], { log });
    return pushedDigest((file) =>
        run("podman", ["manifest", "push", "--all", "--digestfile", file, ref, `docker://${ref}`]).catch(
            (error: unknown) => {
                if (error instanceof UserError) throw pushFailure("podman", ref, error);
                throw error;
            },
        ),
    );
}
