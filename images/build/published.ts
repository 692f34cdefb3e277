import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { type ImageDigests } from "../../config/image-digests";
import { imageContext, type ImageName, imageNames } from "../../config/images";
import { type ImagePlatform, imagePlatforms, inOrder, platformSuffix } from "../../config/platforms";
import { type Published } from "../../config/published";
import { UserError } from "../../lib/errors";
import { repoRoot } from "../../lib/paths";
import { textOf } from "../inventory/lock";
import { basesIn } from "./containerfile";

const about =
    "Written by the workflow release.yml: images that it has built, pushed and signed. Stacks without images.registry take them. docs/images.md";

/**
 * What a release has published, out of the digests that its push has recorded.
 *
 * @throws UserError when an image of the platform is missing, or was built from other sources than those here
 */
export function publishedFrom(digests: ImageDigests, version: string, platforms: readonly ImagePlatform[]): Published {
    const images: Published["images"] = {};
    const missing: string[] = [];
    for (const name of platformImages()) {
        const { content } = imageContext(name);
        const tag = `${content}${platformSuffix(platforms)}`;
        const found = Object.entries(digests).find(([ref]) => ref.endsWith(`/${name}:${tag}`));
        if (found) images[name] = { content, image: found[0], digest: found[1] };
        else missing.push(`${name}:${tag}`);
    }
    if (missing.length > 0) {
        throw new UserError("not all images of the platform have been pushed as they are here", {
            evidence: missing,
            fix: `make images REGISTRY=… PUSH=1 PLATFORM=${inOrder(platforms).join()} DIGESTS=<file>, of this commit`,
        });
    }
    return { about, version, platforms: inOrder(platforms), images };
}

/** Images of the platform itself; a workload's own are its stack's. The object store has a registry of its own. */
function platformImages(): ImageName[] {
    return imageNames.filter((name) => !name.startsWith("workload-") && name !== "minio");
}

/** A table of a release's images, in Markdown. */
export function tableOf({ version, platforms, images }: Published): string {
    const rows = Object.entries(images).map(([name, { image, digest }]) => {
        const { containerfile, content } = imageContext(name as ImageName);
        const bases = basesIn(readFileSync(join(repoRoot, containerfile), "utf8")).map(({ ref }) => ref);
        const version = content.slice(0, content.lastIndexOf("-"));
        return `| ${name} | ${version} | \`${image}@${digest}\` | ${[...new Set(bases)].join(", ")} |`;
    });
    return [
        `# Images of ${version}`,
        "",
        `For ${platforms.join(" and ")}, signed by the workflow release.yml; what is in each is attested beside it (SECURITY.md).`,
        "",
        "| image | version of what it carries | pulled as | stands on |",
        "| --- | --- | --- | --- |",
        ...rows,
        "",
    ].join("\n");
}

/** Writes both. @param files relative to the project */
export async function writePublished(published: Published, files: { json: string; table: string }): Promise<void> {
    await writeFile(join(repoRoot, files.json), textOf(published));
    await writeFile(join(repoRoot, files.table), tableOf(published));
}

/** All platforms, which a release is built for. */
export const releasedPlatforms = imagePlatforms;
