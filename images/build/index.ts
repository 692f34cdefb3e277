import { join } from "node:path";

import { imageContext, type ImageName, imageRef } from "../../config/images";
import { repoRoot } from "../../lib/paths";
import { type BuiltImage, buildWithBuildah, type ImageRequest } from "./buildah";

export { type BuiltImage } from "./buildah";
export { localRegistry } from "./base";

/**
 * Builds the platform's images on a bare machine and returns their archives. An image whose content has not changed is
 * taken from the cache.
 */
export async function buildImages(names: readonly ImageName[], registry: string): Promise<BuiltImage[]> {
    return buildWithBuildah(names.map((name) => imageRequest(name, registry)));
}

/** Request to build an image of the platform. */
export function imageRequest(name: ImageName, registry: string): ImageRequest {
    const { context, containerfile, tag } = imageContext(name);
    return {
        name,
        ref: imageRef(name, registry),
        tag,
        context: join(repoRoot, context),
        containerfile: join(repoRoot, containerfile),
    };
}
