import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";

import { UserError } from "../../lib/errors";
import type { Missing } from "../fetch";
import { Manifest, parseManifests } from "../../kubernetes/objects";
import type { Rendered, RenderedRelease } from "../manifests";
import { readMarker } from "../write";

/** One of two trees that are compared. */
export interface Side {
    /** Name of the side, for people. */
    name: string;
    /** Objects by path. */
    objects: Map<string, Manifest>;
    /** Empty for a directory that has no marker of ours. */
    releases: RenderedRelease[];
    missing: Missing[];
}

/**
 * A rendered directory as one side of a comparison. One without our marker does as well, as long as manifests are in it.
 *
 * @throws UserError when it is no directory, or has no manifests
 */
export async function readSide(directory: string): Promise<Side> {
    if (!existsSync(directory)) throw new UserError("there is no such directory", { where: directory });
    const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((error: Error) => {
        throw new UserError("it is no directory that could be read", { where: directory, evidence: [error.message] });
    });
    const files = entries
        .filter((entry) => entry.isFile() && entry.name.endsWith(".yaml"))
        .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
        .sort();
    const contents = await readMarker(directory);
    if (files.length === 0 && !contents) {
        throw new UserError("there are no manifests in the directory", {
            where: directory,
            fix: "make one: data-platform render --stack <name> --out <directory>",
        });
    }
    const objects = new Map<string, Manifest>();
    for (const file of files) {
        const each = read(await readFile(join(directory, file), "utf8"));
        each.forEach((manifest, index) => objects.set(index === 0 ? file : `${file}#${index}`, manifest));
    }
    return {
        name: basename(directory),
        objects,
        releases: contents?.releases ?? [],
        missing: contents?.missing ?? [],
    };
}

/** A rendered stack as one side of a comparison, without going over files. Values of Secrets are masked as in files. */
export function sideOf({ stack, tree, releases, missing }: Rendered, name = stack): Side {
    const objects = [...tree].map(([path, text]): [string, Manifest] => [path, read(text)[0]]);
    return { name, objects: new Map(objects), releases, missing };
}

/** CRDs are written as JSON, which is read in no time. */
function read(text: string): Manifest[] {
    return text.startsWith("{") ? [JSON.parse(text) as Manifest] : parseManifests(text);
}
