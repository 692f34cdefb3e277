import { type ImageDigests } from "../../config/image-digests";
import { type ImageName } from "../../config/images";
import { type ImagePlatform } from "../../config/platforms";
import { step } from "../../lib/progress";
import { imageRequest } from "./";
import { digestOf } from "../inventory/registry";

/** Function that tells whether what a registry has under a name is what it should be. */
export type Trust = (ref: string, digest: string) => Promise<boolean>;

/** Trusts the contents that an earlier push has recorded. */
export function isRecorded(known: ImageDigests): Trust {
    return (ref, digest) => Promise.resolve(Object.hasOwn(known, ref) && known[ref] === digest);
}

/**
 * Lists the images to build, and the digests of the others. An image's tag is a hash of its sources, but whoever may push can give it to
 * anything: only what is known by its contents needs no second build. Where the registry gives no clear answer an image counts as missing:
 * building it is then the safe way.
 */
export async function missingOf(
    names: readonly ImageName[],
    registry: string,
    trusted: Trust,
    platforms?: readonly ImagePlatform[],
): Promise<{ wanted: ImageName[]; kept: ImageDigests }> {
    return step("Ask the registry which images it has", async (note) => {
        const wanted: ImageName[] = [];
        const kept: ImageDigests = {};
        for (const name of names) {
            const { ref } = imageRequest(name, registry, platforms);
            const digest = await digestOf(ref).catch(() => undefined);
            if (digest !== undefined && (await trusted(ref, digest))) kept[ref] = digest;
            else wanted.push(name);
        }
        note(wanted.length > 0 ? `to be built: ${wanted.join(", ")}` : "all of them");
        return { wanted, kept };
    });
}
