import { type Problem } from "./errors";
import { imageContext, imageNames } from "./images";
import { publishedOf, publishedRef, readPublished } from "./published";
import { type PlatformConfig } from "./schema";

/** Problems of a stack whose images have no place to be pulled from: neither built nor published. */
export function publishedRules({ images, objectStore }: PlatformConfig): Problem[] {
    const file = publishedOf(images);
    if (file === undefined) return [];
    const { problem } = readPublished(file);
    if (images.registry !== undefined)
        return problem === undefined ? [] : [{ key: "images.published", message: problem }];
    const built = objectStore.kind !== "external" && objectStore.image === "built";
    const needed = imageNames.filter((name) => !name.startsWith("workload-") && (name !== "minio" || built));
    const missing = needed.filter((name) => !publishedRef(name, imageContext(name).content, images));
    if (missing.length === 0) return [];
    const why = problem ?? `${missing.join(", ")} have changed since, or aren't there for images.platforms (${file})`;
    return [
        {
            key: "images.registry",
            message: `is missing; it must be a text: either the registry that your own build is pushed to (\`make images STACK=<stack> PUSH=1\`, docs/images.md), or none with a version whose images are published, and ${why}`,
        },
    ];
}
