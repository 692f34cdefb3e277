import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { repoRoot } from "../../lib/paths";
import { tool, type ToolName } from "../../tools";
import { baseImage, localRegistry } from "./base";
import { type BuiltImage, buildWithBuildah, type ImageRequest } from "./buildah";
import { programContext } from "./program-context";

/** Images that the node itself needs: each is one program of ours, packed. */
export const nodeImageNames = ["pause", "coredns", "local-path-provisioner"] as const satisfies ToolName[];
export type NodeImageName = (typeof nodeImageNames)[number];

/** Builds the node's images. */
export async function nodeImages(): Promise<Record<NodeImageName, BuiltImage>> {
    const requests: ImageRequest[] = [];
    for (const name of nodeImageNames) requests.push(await request(name));
    const [pause, coredns, provisioner] = await buildWithBuildah(requests);
    if (!pause || !coredns || !provisioner) throw new Error("fewer images than were asked for");
    return { pause, coredns, "local-path-provisioner": provisioner };
}

async function request(name: NodeImageName): Promise<ImageRequest> {
    const binary = await tool(name);
    const containerfile = join(repoRoot, "images/build/node", `${name}.Containerfile`);
    // The binary's directory is named after its version and all that went into it.
    const build = basename(dirname(binary)).slice(name.length + 1);
    const recipe = createHash("sha256")
        .update(await readFile(containerfile))
        .update(baseImage().ref);
    const tag = `${build}-${recipe.digest("hex").slice(0, 6)}`;
    return {
        name,
        ref: `${localRegistry}/${name}:${tag}`,
        tag,
        containerfile,
        ...programContext(name, binary),
    };
}
