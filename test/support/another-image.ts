import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";

import { run } from "../../lib/exec";

interface Descriptor {
    digest: string;
    size: number;
}

/**
 * Writes the image of an OCI archive again under another id, with the same files.
 *
 * What has been pulled with a login the kubelet gives to nobody without it, whatever name it goes by: the id is all that it looks at.
 *
 * @param dir where the other archive is written; the caller removes it
 */
export async function anotherImage(archive: string, dir: string): Promise<string> {
    const work = await mkdtemp(join(dir, "image-"));
    await run("tar", ["-xf", archive, "-C", work]);
    const path = ({ digest }: Descriptor) => join(work, "blobs", ...digest.split(":"));
    const read = <T>(at: Descriptor) => JSON.parse(readFileSync(path(at), "utf8")) as T;
    const write = (at: Descriptor, content: object) => {
        const text = JSON.stringify(content);
        at.digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
        at.size = Buffer.byteLength(text);
        writeFileSync(path(at), text);
    };
    const index = JSON.parse(readFileSync(join(work, "index.json"), "utf8")) as { manifests: Descriptor[] };
    const [entry] = index.manifests;
    const manifest = read<{ config: Descriptor }>(entry);
    write(manifest.config, { ...read<object>(manifest.config), author: "of a test, so that it is another image" });
    write(entry, manifest);
    writeFileSync(join(work, "index.json"), JSON.stringify(index));
    const other = `${work}.tar`;
    await run("tar", ["-cf", other, "-C", work, "blobs", "index.json", "oci-layout"]);
    return other;
}
