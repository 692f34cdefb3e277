import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { repoRoot } from "../../lib/paths";
import { tool, toolVersion } from "../../tools";
import { localRegistry } from "./base";
import { type BuiltImage, buildWithBuildah } from "./buildah";
import { programContext } from "./program-context";

const name = "spark-operator";
const containerfile = join(repoRoot, "images/build/node", `${name}.Containerfile`);

/** Builds the image of the Spark operator over the one of Spark, under the name and tag that its chart is given. */
export async function sparkOperatorImage(spark: BuiltImage): Promise<BuiltImage> {
    const binary = await tool(name);
    // The chart's own tag, which is the version without its "v".
    const version = (await toolVersion(name)).replace(/^v/, "");
    // The binary's directory is named after all that went into it, and so is the tag of Spark's image.
    const recipe = createHash("sha256")
        .update(basename(dirname(binary)))
        .update(spark.ref)
        .update(await readFile(containerfile));
    const [image] = await buildWithBuildah([
        {
            name,
            ref: `${localRegistry}/${name}:${version}`,
            tag: version,
            build: recipe.digest("hex").slice(0, 6),
            base: spark,
            containerfile,
            ...programContext(name, binary),
        },
    ]);
    if (!image) throw new Error("no image of the Spark operator");
    return image;
}
