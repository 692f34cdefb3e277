import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { cacheDir, repoRoot } from "../../lib/paths";
import { tools, toolVersion, type ToolName } from "../../tools";
import { localRegistry } from "./base";
import { type BuiltImage, buildWithBuildah, type ImageRequest } from "./buildah";

/** cert-manager's programs; its chart asks for images of the same names, under our registry. */
const programs = [
    "cert-manager-controller",
    "cert-manager-webhook",
    "cert-manager-cainjector",
    "cert-manager-startupapicheck",
] as const satisfies readonly ToolName[];

const containerfile = join(repoRoot, "images/build/node/program.Containerfile");

/** Builds the images of cert-manager; each is one program, packed. */
export async function certManagerImages(): Promise<BuiltImage[]> {
    const binaries = await tools(programs);
    // The chart's own tag.
    const version = await toolVersion("cert-manager-controller");
    const requests = programs.map((name) => request(name, binaries[name], version));
    return buildWithBuildah(await Promise.all(requests));
}

async function request(name: string, binary: string, version: string): Promise<ImageRequest> {
    // The binary's directory is named after all that went into it.
    const recipe = createHash("sha256")
        .update(basename(dirname(binary)))
        .update(await readFile(containerfile));
    const context = join(cacheDir(), "tmp", `image-${name}`);
    return {
        name,
        ref: `${localRegistry}/${name}:${version}`,
        tag: version,
        build: recipe.digest("hex").slice(0, 6),
        context,
        containerfile,
        prepare: async () => {
            await rm(context, { recursive: true, force: true });
            await mkdir(context, { recursive: true });
            await copyFile(binary, join(context, "program"));
        },
    };
}
