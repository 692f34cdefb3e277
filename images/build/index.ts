import { join } from "node:path";

import { imageContext, type ImageName, imageRef } from "../../config/images";
import { architectureOf, type ImagePlatform } from "../../config/platforms";
import { repoRoot } from "../../lib/paths";
import { type BuiltImage, buildWithBuildah, type ImageRequest } from "./buildah";

export { type BuiltImage } from "./buildah";
export { localRegistry } from "./base";

/**
 * Builds the platform's images on a bare machine and returns their archives. An image whose content has not changed is
 * taken from the cache.
 */
export async function buildImages(
    names: readonly ImageName[],
    registry: string,
    { named, platforms }: { named?: readonly ImagePlatform[]; platforms?: readonly ImagePlatform[] } = {},
): Promise<BuiltImage[]> {
    const requests = names.map((name) => imageRequest(name, registry, named));
    if (!platforms) return buildWithBuildah(requests);
    const inList = platforms.length > 1;
    return buildWithBuildah(
        requests.flatMap((request) => platforms.map((platform) => forPlatform(request, platform, inList))),
    );
}

function forPlatform(request: ImageRequest, platform: ImagePlatform, inList: boolean): ImageRequest {
    const architecture = architectureOf(platform);
    // Built side by side, so under names of their own; the one under which they are pulled stands for the list.
    const archived = inList ? `${request.ref}-in-list-${architecture}` : request.ref;
    const build = inList ? `in-list-${architecture}` : architecture;
    return { ...request, name: `${request.name}-${architecture}`, build, archived, platform };
}

/** Request to build an image of the platform. @param platforms which its tag says; the usual one by default */
export function imageRequest(name: ImageName, registry: string, platforms?: readonly ImagePlatform[]): ImageRequest {
    const { context, containerfile, tag } = imageContext(name, platforms);
    return {
        name,
        ref: imageRef(name, { registry, platforms }),
        tag,
        context: join(repoRoot, context),
        containerfile: join(repoRoot, containerfile),
    };
}
