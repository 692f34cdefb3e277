import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

import { digestPattern } from "./image-digests";
import { type ImagePlatform, inOrder, usualPlatform } from "./platforms";

/** The file that a release writes; without it nothing is published. */
export const publishedFile = "images/published.json";

/** Images that a release has published. */
export interface Published {
    about: string;
    /** The release's tag. */
    version: string;
    /** Platforms of each image. */
    platforms: ImagePlatform[];
    /** By the image's name. */
    images: Record<string, PublishedImage>;
}

interface PublishedImage {
    /** Version and hash of what it was built from: an image whose sources have changed since has another one. */
    content: string;
    /** Whole name: registry, path and tag. */
    image: string;
    digest: string;
}

/** Settings that decide about images that are published: `images` of a stack. */
export interface PublishedChoice {
    registry?: string;
    published?: string;
    platforms?: readonly ImagePlatform[];
}

/** File of the published images that a stack takes; a registry of its own has all of them unless it says so. */
export function publishedOf({ registry, published }: PublishedChoice): string | undefined {
    return published ?? (registry === undefined ? publishedFile : undefined);
}

/** The images that a file says are published, and what is wrong with it. @param file relative to the project */
export function readPublished(file: string): { published?: Published; problem?: string } {
    const path = resolve(__dirname, "..", file);
    if (!existsSync(path)) return { problem: `there is no ${file}: no release of this version has published images` };
    let read: Partial<Published> | null;
    try {
        read = JSON.parse(readFileSync(path, "utf8")) as Partial<Published> | null;
    } catch {
        return { problem: `${file} is no JSON; \`git checkout ${file}\` has it as it was released` };
    }
    const images = Object.values(read?.images ?? {}) as Partial<PublishedImage>[];
    const whole = images.every(
        ({ content, image, digest }) => content && image?.includes("/") && digestPattern.test(digest ?? ""),
    );
    if (!read?.images || !Array.isArray(read.platforms) || !whole)
        return { problem: `${file} isn't as a release writes it; \`git checkout ${file}\` has it as it was released` };
    return { published: read as Published };
}

/**
 * The published image that was built from the same sources, by its digest.
 *
 * @param content version and hash of the sources as they are now
 * @returns nothing where none was, or not for the platforms of the stack
 */
export function publishedRef(name: string, content: string, choice: PublishedChoice): string | undefined {
    const file = publishedOf(choice);
    const { published } = file === undefined ? {} : readPublished(file);
    if (!published || !Object.hasOwn(published.images, name)) return undefined;
    const { content: then, image, digest } = published.images[name];
    const wanted = inOrder(choice.platforms ?? [usualPlatform]);
    const fits = wanted.every((platform) => published.platforms.includes(platform));
    return fits && then === content ? `${image}@${digest}` : undefined;
}

/** The registry path that all published images are in; nothing where there are none. */
export function publishedRegistry(choice: PublishedChoice): string | undefined {
    const file = publishedOf(choice);
    const { published } = file === undefined ? {} : readPublished(file);
    const [name, first] = Object.entries(published?.images ?? {})[0] ?? [];
    return name && first?.image.slice(0, first.image.lastIndexOf(`/${name}:`));
}
