import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

import { patiently, run } from "../lib/exec";
import { cacheDir } from "../lib/paths";
import { type Note } from "../lib/progress";
import { pruneOld } from "../lib/cache";
import { findGo, goCaches, goEnvironment } from "./go";

/**
 * Gives a set's build cache, if it has none yet, the compiled standard library to begin with. Compiling that anew for each
 * set would take a fifth of a cold start. To be called with the build lock held.
 */
export async function seedBuildCache(set: string, note: Note): Promise<void> {
    const { build } = goCaches(set);
    if (existsSync(build)) return;
    const library = await standardLibrary(note);
    const scratch = `${build}.new`;
    await rm(scratch, { recursive: true, force: true });
    await mkdir(dirname(build), { recursive: true });
    // Linked, not copied: Go never writes into a file of its cache a second time.
    await run("cp", ["--archive", "--link", library, scratch]);
    await rename(scratch, build);
}

/** A build cache that holds the standard library of the machine's Go and nothing else. */
async function standardLibrary(note: Note): Promise<string> {
    const go = await findGo();
    const parent = join(cacheDir(), "go");
    const name = `std-${go.version}`;
    const dir = join(parent, name);
    if (existsSync(dir)) return dir;
    note("compiling Go's standard library");
    const scratch = `${dir}.new`;
    await rm(scratch, { recursive: true, force: true });
    await mkdir(scratch, { recursive: true });
    const env = { ...goEnvironment("std", false), GOCACHE: scratch, GOFLAGS: "" };
    await run(go.path, ["build", "-trimpath", "std"], { ...patiently(), cwd: go.root, env });
    await rename(scratch, dir);
    await pruneOld(parent, 0, (each) => each === name || !each.startsWith("std-"));
    return dir;
}
