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
                for (const { ref, archive } of images) {
                    await step(`Push ${ref}`, async (note) => {
                        await storage.buildah(["pull", "--quiet", `oci-archive:${archive}:${ref}`]);
                        digests[ref] = await pushedDigest((file) =>
                            storage
                                .buildah(["push", "--quiet", "--digestfile", file, ref, `docker://${ref}`])
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
