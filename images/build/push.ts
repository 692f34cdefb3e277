import { type ImageDigests } from "../../config/image-digests";
import { step } from "../../lib/progress";
import { withLock } from "../../lib/lock";
import { type BuiltImage } from "./buildah";
import { pushedDigest } from "./digests";
import { pushFailure } from "./push-failure";
import { imageLock, Storage } from "./storage";

/**
 * Pushes archives that buildah made to the registry that is in each image's name.
 *
 * @returns what the registry has now, by name
 */
export async function pushArchives(images: BuiltImage[]): Promise<ImageDigests> {
    const digests: ImageDigests = {};
    await withLock(
        imageLock(),
        () => undefined,
        async () => {
            const storage = new Storage();
            await storage.open();
            try {
                for (const ref of new Set(images.map((each) => each.ref))) {
                    await step(`Push ${ref}`, async (note) => {
                        const all = images.filter((each) => each.ref === ref);
                        const push = all.length > 1 ? await asList(storage, ref, all) : await asOne(storage, all[0]);
                        digests[ref] = await pushedDigest((file) =>
                            storage
                                .buildah([...push, "--quiet", "--digestfile", file, ref, `docker://${ref}`])
                                .catch((error: unknown) => {
                                    throw pushFailure("buildah", ref, error);
                                }),
                        );
                        note(digests[ref]);
                    });
                }
            } finally {
                await storage.wipe();
            }
        },
    );
    return digests;
}

async function asOne(storage: Storage, { ref, archive, platform }: BuiltImage): Promise<string[]> {
    const given = platform ? ["--platform", platform] : [];
    await storage.buildah(["pull", "--quiet", ...given, `oci-archive:${archive}:${ref}`]);
    return ["push"];
}

/** Makes a list of the images of all platforms, under the name that all their archives have. */
async function asList(storage: Storage, ref: string, images: BuiltImage[]): Promise<string[]> {
    await storage.buildah(["manifest", "create", ref]);
    for (const { archive, archived = ref } of images)
        await storage.buildah(["manifest", "add", ref, `oci-archive:${archive}:${archived}`]);
    return ["manifest", "push", "--all"];
}
