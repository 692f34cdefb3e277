import { step } from "../lib/progress";
import { withLock } from "../tools/lock";
import { type BuiltImage } from "./buildah";
import { pushFailure } from "./push-failure";
import { imageLock, Storage } from "./storage";

/** Pushes archives that buildah made to the registry that is in each image's name. */
export async function pushArchives(images: BuiltImage[]): Promise<void> {
    await withLock(
        imageLock(),
        () => undefined,
        async () => {
            const storage = new Storage();
            await storage.open();
            try {
                for (const { ref, archive } of images) {
                    await step(`Push ${ref}`, async () => {
                        await storage.buildah(["pull", "--quiet", `oci-archive:${archive}:${ref}`]);
                        await storage.buildah(["push", "--quiet", ref, `docker://${ref}`]).catch((error: unknown) => {
                            throw pushFailure("buildah", ref, error);
                        });
                    });
                }
            } finally {
                await storage.wipe();
            }
        },
    );
}
