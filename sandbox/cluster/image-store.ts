import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { writeAtomically } from "../../lib/files";
import { cacheDir } from "../../lib/paths";
import { type Layout } from "./layout";

/*
 * Images that were unpacked for one sandbox serve the next one: when a sandbox goes, containerd's root moves to the cache with the images
 * alone in it, and the next one begins with it. Unpacking takes most of a minute, a move none.
 *
 * What is in it is what containerd had before the first pod: its two databases of that time are kept beside (`pinImages`), and layers are
 * never written to after that. Neither database waits for the disk, so a store of before a reboot isn't trusted.
 */

const plugins = {
    content: "io.containerd.content.v1.content",
    metadata: "io.containerd.metadata.v1.bolt",
    snapshots: "io.containerd.snapshotter.v1.overlayfs",
};

/** The databases, by the name under which their copies lie. */
const databases = {
    "meta.db": join(plugins.metadata, "meta.db"),
    "metadata.db": join(plugins.snapshots, "metadata.db"),
};

/** Notes of `pinImages` beside the copies. */
interface Pinned {
    bootId: string;
    /** The containerd that wrote it. */
    containerd: string;
    /** Directories of unpacked layers. */
    layers: string[];
}

const rootOf = (at: Layout) => join(at.containerd, "root");
/** The copies in a root; under the second name until the node has started well with it. */
const [pinned, unproven] = ["pinned", "pinned.new"];

/** Where the store is kept while no sandbox is there. */
const keptStore = () => join(cacheDir(), "node-images");

/** A program's directory in the cache is named after its version and all that went into it. */
const buildOf = (program: string) => basename(dirname(program));

/**
 * Begins with the images of the sandbox before, if there is no store yet and that one can be trusted.
 *
 * @param containerd the program that is to use it, by its path in the cache
 * @returns whether there was no store: no pod has run on what is there now
 */
export async function takeImages(at: Layout, containerd: string, bootId: string): Promise<boolean> {
    const root = rootOf(at);
    if (existsSync(root)) return false;
    const kept = keptStore();
    await mkdir(at.containerd, { recursive: true });
    const known = await pins(kept);
    if (known?.bootId === bootId && known.containerd === buildOf(containerd)) {
        // Trusted again when the node has started with it: one that doesn't work must not come back for ever.
        await rename(join(kept, pinned), join(kept, unproven));
        // Not on the same disk: it can't be there then either.
        await rename(kept, root).catch(() => undefined);
    }
    // One that can't be trusted.
    await rm(kept, { recursive: true, force: true });
    return true;
}

/** Notes what the store has. Only while containerd is stopped, and before the first pod. */
export async function pinImages(at: Layout, containerd: string, bootId: string): Promise<void> {
    const root = rootOf(at);
    const to = join(root, unproven);
    await rm(to, { recursive: true, force: true });
    await mkdir(to);
    for (const [name, path] of Object.entries(databases)) await copyFile(join(root, path), join(to, name));
    const layers = await readdir(join(root, plugins.snapshots, "snapshots"));
    const known: Pinned = { bootId, containerd: buildOf(containerd), layers };
    await writeAtomically(join(to, "pinned.json"), JSON.stringify(known));
}

/** Trusts the store: the node runs with it. */
export async function proveImages(at: Layout): Promise<void> {
    const [from, to] = [unproven, pinned].map((name) => join(rootOf(at), name));
    if (!existsSync(from)) return;
    await rm(to, { recursive: true, force: true });
    await rename(from, to);
}

/** Moves the store to the cache, without what pods have left in it. Only when nothing of the node runs or is mounted any more. */
export async function keepImages(at: Layout, bootId: string): Promise<boolean> {
    const root = rootOf(at);
    const known = await pins(root);
    if (known?.bootId !== bootId) return false;
    const snapshots = join(root, plugins.snapshots, "snapshots");
    const layers = new Set(known.layers);
    if (!known.layers.every((layer) => existsSync(join(snapshots, layer)))) return false;
    await removeOthers(snapshots, (name) => layers.has(name));
    await removeOthers(root, (name) => [...Object.values(plugins), pinned].includes(name));
    for (const [name, path] of Object.entries(databases)) await copyFile(join(root, pinned, name), join(root, path));
    const kept = keptStore();
    await rm(kept, { recursive: true, force: true });
    await mkdir(dirname(kept), { recursive: true });
    return rename(root, kept).then(
        () => true,
        () => false,
    );
}

async function pins(root: string): Promise<Pinned | undefined> {
    const text = await readFile(join(root, pinned, "pinned.json"), "utf8").catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as Pinned);
}

async function removeOthers(dir: string, wanted: (name: string) => boolean): Promise<void> {
    for (const name of (await readdir(dir)).filter((each) => !wanted(each))) {
        await rm(join(dir, name), { recursive: true, force: true });
    }
}
