/** Platforms that images of ours are built for: all that they stand on is there for both. */
export const imagePlatforms = ["linux/amd64", "linux/arm64"] as const;
export type ImagePlatform = (typeof imagePlatforms)[number];

/** The platform of images whose stack says none. */
export const usualPlatform: ImagePlatform = "linux/amd64";

/** Platforms in the one order that tags have them in, each once. */
export function inOrder(platforms: readonly ImagePlatform[]): ImagePlatform[] {
    return imagePlatforms.filter((platform) => platforms.includes(platform));
}

/** The architecture of a platform, as Kubernetes labels nodes with it. */
export function architectureOf(platform: ImagePlatform): string {
    return platform.slice("linux/".length);
}

/**
 * The end of a tag, which says for what architectures the image is: nothing for the usual one. Without it two machines would push
 * different images under one name.
 */
export function platformSuffix(platforms: readonly ImagePlatform[] = [usualPlatform]): string {
    const all = inOrder(platforms);
    if (all.length === 1 && all[0] === usualPlatform) return "";
    return all.map((platform) => `-${architectureOf(platform)}`).join("");
}
