import { imageContext, type ImageName, imageNames } from "../../config/images";
import { publishedFile, publishedRef } from "../../config/published";
import { localRegistry } from "../../images/build";
import { makeImages } from "../../images/build/make";
import { names } from "./layout";

/** Images of the platform that no release has published as they are here; the object store has a registry of its own. */
export function unpublished(file = publishedFile): ImageName[] {
    return imageNames.filter(
        (name) => name !== "minio" && !publishedRef(name, imageContext(name).content, { published: file }),
    );
}

/** Settings of the stack: all as they are published, or what is built here beside the rest. */
export function imagesOf(built: ImageName[]): { registry?: string; published?: string } {
    if (built.length === 0) return {};
    const some = built.length < imageNames.filter((name) => name !== "minio").length;
    return { registry: localRegistry, ...(some ? { published: publishedFile } : {}) };
}

/** Builds what isn't published, and loads it into the node; the node pulls the rest itself. */
export async function provideImages(built: ImageName[]): Promise<void> {
    if (built.length > 0) await makeImages(built, { tool: "docker", registry: localRegistry, kind: names.cluster });
}
