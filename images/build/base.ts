import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import { architectureOf, type ImagePlatform } from "../../config/platforms";
import { debianDay } from "../../config/versions";
import { patiently, run } from "../../lib/exec";
import { cacheDir } from "../../lib/paths";
import { step } from "../../lib/progress";
import { archiveDir, type Storage } from "./storage";

/** The registry part of images that exist on this machine only. */
export const localRegistry = "localhost/data-platform";

const suite = "trixie";

const options = [
    "--variant=minbase",
    "--include=ca-certificates",
    '--aptopt=APT::Install-Recommends "0"',
    // What the slim images of Debian leave out too; licences stay.
    ...["doc", "man", "locale", "info", "groff", "lintian"].map((dir) => `--dpkgopt=path-exclude=/usr/share/${dir}/*`),
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
];

/**
 * The image that stands in for upstream's Debian where no image registry can be reached.
 *
 * @param platform this machine's own by default
 */
export function baseImage(platform?: ImagePlatform): { ref: string; archive: string } {
    const hash = createHash("sha256").update(options.join("\0")).digest("hex").slice(0, 12);
    // Made anew for each day that the images ask for, so that it is never older than that.
    const tag = [suite, debianDay.replaceAll("-", ""), hash, ...(platform ? [architectureOf(platform)] : [])].join("-");
    return { ref: `${localRegistry}/debian:${tag}`, archive: join(archiveDir(), `debian-${tag}.tar`) };
}

/** Puts the base image into the storage, made from Debian's packages if it is not in the cache. */
export async function provideBase(storage: Storage, platform?: ImagePlatform): Promise<string> {
    const { ref, archive } = baseImage(platform);
    const architecture = platform && architectureOf(platform);
    if (!existsSync(archive)) {
        await step("Make the Debian base image", async (note) => {
            const log = join(cacheDir(), "log", "image-debian.log");
            const scratch = join(cacheDir(), "tmp", "base");
            await rm(scratch, { recursive: true, force: true });
            await mkdir(scratch, { recursive: true });
            const tree = join(scratch, "tree.tar");
            // Debian's own default sources, whatever the host is.
            await run(
                "mmdebstrap",
                ["--mode=root", ...(architecture ? [`--architectures=${architecture}`] : []), ...options, suite, tree],
                {
                    env: { TMPDIR: scratch },
                    ...patiently(),
                    log,
                    onLine: (line) => note(line.replace(/^I: /, "").replace(/: .*/, "")),
                    fix: "see the log; the machine must reach a Debian mirror",
                },
            );
            note("packing");
            const { stdout: container } = await storage.buildah(["from", "scratch"], { log });
            await storage.buildah(["add", "--quiet", container, tree, "/"], { log });
            await storage.buildah(
                [
                    "config",
                    ...(architecture ? ["--arch", architecture] : []),
                    "--cmd",
                    "/bin/bash",
                    "--env",
                    `PATH=${path}`,
                    container,
                ],
                { log },
            );
            await storage.buildah(["commit", "--quiet", "--rm", container, ref], { log });
            await exportImage(storage, ref, archive, log);
            await rm(scratch, { recursive: true, force: true });
        });
    } else {
        await storage.buildah([
            "pull",
            "--quiet",
            ...(platform ? ["--platform", platform] : []),
            `oci-archive:${archive}:${ref}`,
        ]);
    }
    return ref;
}

const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Writes an image as an OCI archive that keeps its full name, in one move. */
export async function exportImage(storage: Storage, ref: string, archive: string, log: string): Promise<void> {
    await mkdir(archiveDir(), { recursive: true });
    const scratch = `${archive}.new`;
    await rm(scratch, { force: true });
    await storage.buildah(["push", "--quiet", ref, `oci-archive:${scratch}:${ref}`], { log });
    await rename(scratch, archive);
}
