import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

import { imageContext, ImageName } from "../../config/images";
import { buildImages, localRegistry } from "../../images/build";
import { run } from "../../lib/exec";
import { cacheDir } from "../../lib/paths";
import { installPackages } from "../../tools/packages";

interface OciIndex {
    manifests: { digest: string }[];
}
interface OciManifest {
    layers: { digest: string }[];
}

const targetOf = (name: ImageName, path: string) =>
    join(cacheDir(), "test", `${name}-${imageContext(name).tag}.${path.replaceAll("/", "-")}`);

/** Builds the images side by side out of which nothing has been taken yet, so that they don't wait for each other one by one. */
export async function buildForExtraction(wanted: readonly (readonly [ImageName, string])[]): Promise<void> {
    const missing = wanted.filter(([name, path]) => !existsSync(targetOf(name, path)));
    if (missing.length > 0) {
        const names = new Set(missing.map(([name]) => name));
        await buildImages([...names], localRegistry);
    }
}

/** Takes a path out of an image that the cluster runs; the result stays in the cache, by the image's tag. */
export async function extract(name: ImageName, path: string): Promise<string> {
    const target = targetOf(name, path);
    if (!existsSync(target)) {
        const [{ archive }] = await buildImages([name], localRegistry);
        await mkdir(dirname(target), { recursive: true });
        const work = await mkdtemp(`${target}.`);
        try {
            await unpack(archive, work, path);
            await rename(join(work, "root", path), target).catch((error: unknown) => {
                // Tests that run beside these may have been quicker.
                if (!existsSync(target)) throw error;
            });
        } finally {
            await rm(work, { recursive: true, force: true });
        }
    }
    return target;
}

/** An OCI archive holds the image as layers, each an archive; a later one covers an earlier one. */
async function unpack(archive: string, work: string, path: string): Promise<void> {
    const blob = (digest: string) => join(work, "blobs", ...digest.split(":"));
    await run("tar", ["-xf", archive, "-C", work]);
    const index = JSON.parse(await readFile(join(work, "index.json"), "utf8")) as OciIndex;
    const manifest = JSON.parse(await readFile(blob(index.manifests[0].digest), "utf8")) as OciManifest;
    await mkdir(join(work, "root"));
    for (const { digest } of manifest.layers) {
        const there = await run("tar", ["-tf", blob(digest)]);
        const inside = there.stdout.split("\n").some((entry) => entry === path || entry.startsWith(`${path}/`));
        // A name stands for all below it; a dot for all there is.
        if (inside || path === ".")
            await run("tar", [
                "-xf",
                blob(digest),
                "-C",
                join(work, "root"),
                "--no-same-owner",
                ...(path === "." ? [] : [path]),
            ]);
    }
}

/** All of an image's files, as the root of a file system; what later layers took away is still there. */
export function imageRoot(name: ImageName): Promise<string> {
    return extract(name, ".");
}

/** A JVM for Kafka's programs. */
export async function needJava(): Promise<void> {
    if (!process.env.JAVA_HOME && (await run("java", ["-version"]).catch(() => undefined)) === undefined) {
        await installPackages(["default-jre-headless"]);
    }
}
