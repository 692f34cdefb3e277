import { randomBytes } from "node:crypto";
import { access, constants, mkdir, readdir, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";

import { refusedFile, UsageError, UserError, whyRefused } from "../lib/errors";
import { repoRoot } from "../lib/paths";
import type { Missing } from "./fetch";
import type { Rendered, RenderedRelease } from "./manifests";

/** Says that a directory was made by us, and what is in it. No ending that a tool would take for a manifest. */
export const marker = ".data-platform-render";

/** Contents of the marker. */
export interface Contents {
    format: 1;
    stack: string;
    releases: RenderedRelease[];
    missing: Missing[];
    /** Paths of the files that are ours. */
    files: string[];
}

/** The marker of a rendered directory, if it has one. */
export async function readMarker(directory: string): Promise<Contents | undefined> {
    const text = await readFile(join(directory, marker), "utf8").catch(() => undefined);
    if (text === undefined) return undefined;
    try {
        const contents = JSON.parse(text) as Contents;
        if (contents.format === 1 && Array.isArray(contents.files)) return contents;
    } catch {
        // Not ours, then.
    }
    throw new UserError("the directory was rendered by another version of data-platform, or its marker was changed", {
        where: join(directory, marker),
        fix: "remove the directory, or name another one",
    });
}

const fix = "name a directory that isn't there yet, is empty, or was made by render";

/**
 * Sees to it that a tree may be written to a directory, before the work of rendering begins. A directory is ours when it isn't there, is
 * empty, or has our marker and no files but those that the marker names; none that holds the project or a home ever is. Only what is
 * ours is looked into.
 *
 * @throws UserError when there is something in it that we didn't make
 */
export async function checkTarget(directory: string): Promise<void> {
    const there = await realpath(directory).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw refusedFile(error) ?? error;
    });
    const place = there ?? directory;
    for (const [what, held] of Object.entries({ "the project": repoRoot, "your home directory": homedir() })) {
        if (!isWithin(held, place)) continue;
        throw new UsageError(`a tree can't be written there: it would take the place of ${what}`, {
            where: directory,
            fix,
        });
    }
    if (there === undefined) return checkParent(dirname(place));
    if (!(await stat(there)).isDirectory())
        throw new UsageError("a tree can't be written there: it is no directory", { where: directory, fix });
    const entries = await readdir(there).catch((error: unknown) => {
        throw refusedFile(error) ?? error;
    });
    if (entries.length === 0) return;
    const contents = await readMarker(there);
    if (!contents) {
        throw new UsageError("the directory has files in it that render didn't make, and they would be lost", {
            where: directory,
            evidence: some(entries),
            fix,
        });
    }
    const foreign = await foreignIn(there, [...contents.files, marker]);
    if (foreign.length === 0) return;
    throw new UsageError("somebody put files of their own into the rendered directory, and they would be lost", {
        where: directory,
        evidence: some(foreign),
        fix: "move them elsewhere, or name another directory",
    });
}

/** Sees to it that a directory can be made below another one, which may have to be made itself. */
async function checkParent(directory: string): Promise<void> {
    const error = await access(directory, constants.W_OK).then(
        () => undefined,
        (failed: NodeJS.ErrnoException) => failed,
    );
    if (error?.code === "ENOENT") return checkParent(dirname(directory));
    // The kernel's own files: making a directory there has Node try without end.
    const isKernels = /^\/(proc|sys)(\/|$)/.test(directory);
    if (!error && !isKernels) return;
    const why = isKernels ? "it is no place for files" : (whyRefused(error) ?? error?.message);
    throw new UsageError(`a tree can't be written there: ${why}`, {
        where: directory,
        fix,
    });
}

/** Tells whether a path is a directory or below it. */
function isWithin(path: string, directory: string): boolean {
    const way = relative(directory, path);
    return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Writes a tree beside the directory and puts it in its place, whole: what was there before is gone only then. */
export async function writeTree(named: string, { stack, tree, releases, missing }: Rendered): Promise<void> {
    await checkTarget(named);
    // A link goes on leading there.
    const directory = await realpath(named).catch(() => named);
    const parent = dirname(directory);
    await mkdir(parent, { recursive: true });
    await clear(directory);
    const id = randomBytes(4).toString("hex");
    const [scratch, old] = ["new", "old"].map((state) => join(parent, `${beside(directory)}${id}.${state}`));
    try {
        for (const folder of new Set([...tree.keys()].map(dirname)))
            await mkdir(join(scratch, folder), { recursive: true });
        await mkdir(scratch, { recursive: true });
        await Promise.all([...tree].map(([path, text]) => writeFile(join(scratch, path), text)));
        const contents: Contents = { format: 1, stack, releases, missing, files: [...tree.keys()] };
        await writeFile(join(scratch, marker), `${JSON.stringify(contents, undefined, 2)}\n`);
        await replace(directory, scratch, old);
    } finally {
        await rm(scratch, { recursive: true, force: true });
        await rm(old, { recursive: true, force: true });
    }
}

async function replace(directory: string, scratch: string, old: string): Promise<void> {
    // A directory that isn't there, or is empty, is replaced in one move.
    const busy = await rename(scratch, directory).then(
        () => false,
        (error: NodeJS.ErrnoException) => {
            if (error.code === "ENOTEMPTY" || error.code === "EEXIST") return true;
            throw error;
        },
    );
    if (!busy) return;
    await rename(directory, old);
    await rename(scratch, directory).catch(async (error: unknown) => {
        await rename(old, directory);
        throw error;
    });
}

/** Names of what is written beside a directory while it is made. */
function beside(directory: string): string {
    return `.${basename(directory)}.render-`;
}

/** Removes what a killed run left beside the directory. One that was killed between two moves left the old tree: it is put back. */
async function clear(directory: string): Promise<void> {
    const parent = dirname(directory);
    const debris = (await readdir(parent)).filter((name) => name.startsWith(beside(directory)));
    for (const name of debris) {
        const path = join(parent, name);
        const { mtimeMs } = await stat(path);
        // It may be another run's that is at work.
        if (Date.now() - mtimeMs < 60_000) continue;
        const lost = name.endsWith(".old") && !(await stat(directory).catch(() => undefined));
        if (lost) await rename(path, directory);
        else await rm(path, { recursive: true, force: true });
    }
}

/** Entries that aren't ours. A directory that none of our files is in isn't looked into: it may be a whole disk. */
async function foreignIn(directory: string, ours: string[]): Promise<string[]> {
    const files = new Set(ours);
    const folders = new Set(ours.flatMap(foldersOf));
    const look = async (folder: string): Promise<string[]> => {
        const entries = await readdir(join(directory, folder), { withFileTypes: true });
        const found = entries.map(async (entry) => {
            const path = join(folder, entry.name);
            if (entry.isDirectory() && folders.has(path)) return look(path);
            return files.has(path) && !entry.isDirectory() ? [] : [path];
        });
        return (await Promise.all(found)).flat();
    };
    return look("");
}

/** The folders that a file is in: `a` and `a/b` of `a/b/c`. */
function foldersOf(file: string): string[] {
    const folder = dirname(file);
    return folder === "." ? [] : [...foldersOf(folder), folder];
}

function some(files: string[]): string[] {
    const shown = [...files].sort().slice(0, 5);
    return files.length > shown.length ? [...shown, `and ${files.length - shown.length} more`] : shown;
}
