import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { UserError } from "../../lib/errors";
import { run } from "../../lib/exec";
import { step } from "../../lib/progress";
import { type BuiltImage } from "./buildah";
import { type Engine } from "./engines";
import { isMissing } from "../../lib/exec";

/** Refuses a cluster that images can't be loaded into; asked before they are built. */
export async function requireKind(cluster: string): Promise<void> {
    const { stdout } = await run("kind", ["get", "clusters"], { still: 60 }).catch((error: unknown) => {
        throw isMissing(error)
            ? new UserError("kind is not there, and only it can load images into its clusters", {
                  where: "--kind",
                  fix: "install it (https://kind.sigs.k8s.io), or push to a registry that the cluster pulls from: --push",
              })
            : error;
    });
    const clusters = stdout.split(/\s+/).filter(Boolean);
    if (clusters.includes(cluster)) return;
    throw new UserError(`kind has no cluster "${cluster}"`, {
        where: "--kind",
        allowed: clusters.join(", ") || "none: kind has no cluster yet",
        fix: clusters.length > 0 ? "name one of them" : `kind create cluster --name ${cluster}`,
    });
}

/** Loads images of Docker or Podman into every node of a kind cluster. */
export async function loadWithEngine(engine: Engine, refs: string[], cluster: string): Promise<void> {
    for (const ref of refs) {
        await step(`Load ${ref} into kind`, async (note) => {
            // kind itself asks Docker only.
            if (engine === "docker") {
                await run("kind", ["load", "docker-image", ref, "--name", cluster]);
                return;
            }
            const scratch = await mkdtemp(join(tmpdir(), "data-platform-image-"));
            try {
                note("packing");
                const archive = join(scratch, "image.tar");
                await run(engine, ["save", "--quiet", "--format", "docker-archive", "--output", archive, ref]);
                await loadArchive(archive, cluster);
            } finally {
                await rm(scratch, { recursive: true, force: true });
            }
        });
    }
}

/** Loads the archives that buildah made, which hold each image under its full name. */
export async function loadArchives(images: BuiltImage[], cluster: string): Promise<void> {
    for (const { ref, archive } of images) await step(`Load ${ref} into kind`, () => loadArchive(archive, cluster));
}

async function loadArchive(archive: string, cluster: string): Promise<void> {
    await run("kind", ["load", "image-archive", archive, "--name", cluster]);
}
