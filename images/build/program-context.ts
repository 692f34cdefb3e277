import { copyFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { cacheDir } from "../../lib/paths";
import type { ImageRequest } from "./buildah";

/** Context and preparation of an image that packs one program: the program alone, under its name. */
export function programContext(name: string, binary: string): Pick<ImageRequest, "context" | "prepare"> {
    const context = join(cacheDir(), "tmp", `image-${name}`);
    const prepare = async () => {
        await rm(context, { recursive: true, force: true });
        await mkdir(context, { recursive: true });
        await copyFile(binary, join(context, name));
    };
    return { context, prepare };
}
