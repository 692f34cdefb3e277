import { existsSync } from "node:fs";
import { access, constants, readFile, utimes } from "node:fs/promises";
import { basename, join } from "node:path";

import { cacheDir } from "../lib/paths";
import { type Note, step } from "../lib/progress";
import { endIfStopped } from "../lib/stopping";
import { binDir, build, clearWorkshop, recipe, type Recipe } from "./build";
import { moduleFolder, type ToolName, toolNames, toolSet, toolSource } from "./catalog";
import { pruneOld, requireFreeSpace } from "../lib/cache";
import { goCaches, removeGoCaches } from "./go";
import { requiredVersion } from "./gomod";
import { withLock } from "../lib/lock";

export { type ToolName, toolNames } from "./catalog";

/** Space that builds take, in GiB: of the first tool of a set, with Go's caches yet to be filled, and of one more. */
const space = { cold: 6, warm: 2 };

/** Held by whoever writes into Go's caches or throws them away. */
export const goLock = () => join(cacheDir(), "go.lock");

/**
 * The absolute path of a pinned program, built first if it is not in the cache.
 *
 * @example const helm = await tool("helm");
 */
export async function tool(name: ToolName): Promise<string> {
    return (await tools([name]))[name];
}

/** The path of a pinned program that is in the cache already. Without Go it isn't known which that would be. */
export async function builtTool(name: ToolName): Promise<string | undefined> {
    const wanted = await recipe(name).catch(() => undefined);
    return wanted && (await isBuilt(wanted)) ? tool(name) : undefined;
}

const pending = new Map<ToolName, Promise<string>>();

/** The absolute paths of several pinned programs; what is missing is built, one after the other. */
export async function tools<Name extends ToolName>(names: readonly Name[]): Promise<Record<Name, string>> {
    const paths = {} as Record<Name, string>;
    const missing = await missingOf(names);
    for (const name of names) {
        endIfStopped();
        let path = pending.get(name);
        if (!path) {
            path = ready(name, missing.length > 1 ? `${missing.indexOf(name) + 1} of ${missing.length}` : undefined);
            pending.set(name, path);
            path.catch(() => pending.delete(name));
        }
        paths[name] = await path;
    }
    return paths;
}

/** Those that have to be built. Where it can't be known, the first that is wanted says why. */
async function missingOf<Name extends ToolName>(names: readonly Name[]): Promise<Name[]> {
    const built = await Promise.all(names.map((name) => pending.has(name) || recipe(name).then(isBuilt, () => true)));
    return names.filter((_, index) => !built[index]);
}

/** The version of a tool, e.g. `v1.36.3`; told without Go, which a render doesn't need. */
export async function toolVersion(name: ToolName): Promise<string> {
    const source = toolSource(name);
    if (!source.module) return "";
    return requiredVersion(await readFile(join(moduleFolder(source), "go.mod"), "utf8"), source.module);
}

async function ready(name: ToolName, place?: string): Promise<string> {
    const wanted = await recipe(name);
    if (!(await isBuilt(wanted))) {
        const work = (note: Note) =>
            withLock(
                goLock(),
                (holder) => note(`waiting for ${holder}, which is building`),
                async () => {
                    // Somebody else may have built it while we waited.
                    if (await isBuilt(wanted)) return;
                    const needed = existsSync(goCaches(toolSet(wanted.source)).build) ? space.warm : space.cold;
                    await requireFreeSpace(cacheDir(), needed, `build ${name}`);
                    await clearWorkshop();
                    await build(wanted, note);
                },
            );
        await step(`Build ${[name, wanted.version].filter(Boolean).join(" ")}`, work, { place });
        await tidy(wanted);
    }
    // Says that this build is in use, to the pruning of old ones.
    await utimes(wanted.dir, new Date(), new Date()).catch(() => undefined);
    return wanted.binary;
}

async function isBuilt({ binary }: Recipe): Promise<boolean> {
    return access(binary, constants.X_OK).then(
        () => true,
        () => false,
    );
}

/** Throws away builds of the same tool that nobody used for two weeks, and Go's caches when all tools of the set are there. */
async function tidy(built: Recipe): Promise<void> {
    const prefix = new RegExp(`^${built.name}-(v\\d|[0-9a-f]{12}$)`);
    await pruneOld(binDir(), 14, (name) => name === basename(built.dir) || !prefix.test(name));
    const set = toolSet(built.source);
    const recipes = await Promise.all(toolNames.filter((name) => toolSet(toolSource(name)) === set).map(recipe));
    if (recipes.every(({ binary }) => existsSync(binary)))
        await withLock(
            goLock(),
            () => undefined,
            () => removeGoCaches(set),
        );
}
