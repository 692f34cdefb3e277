import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import { terminateWorkers } from "../lib/processes";
import { UserError } from "../lib/errors";
import { patiently, run } from "../lib/exec";
import { cacheDir } from "../lib/paths";
import { type Note } from "../lib/progress";
import { Stopped } from "../lib/stopping";
import { installPackages } from "./packages";
import { isOurs, moduleFolder, type ToolName, toolSet, toolSource, type ToolSource } from "./catalog";
import { fullDisk } from "../lib/cache";
import { findGo, goEnvironment } from "./go";
import { checkGoVersion, goDirective, linkerFlags, requiredVersion } from "./gomod";
import { seedBuildCache } from "./standard-library";

/** Recipe of a tool's build, known before it runs. */
export interface Recipe {
    name: ToolName;
    /** E.g. `v1.36.3`; empty for a program of our own. */
    version: string;
    /** The directory in the cache that holds the binary once it is built; its name changes with whatever goes in. */
    dir: string;
    binary: string;
    flags: string[];
    source: ToolSource;
    gomod: string;
}

/** Directory of built programs. */
export const binDir = () => join(cacheDir(), "bin");

/** Works out how a tool is built and where the result belongs. */
export async function recipe(name: ToolName): Promise<Recipe> {
    const source: ToolSource = toolSource(name);
    const folder = moduleFolder(source);
    const [gomod, gosum, ...own] = await Promise.all([
        readFile(join(folder, "go.mod"), "utf8"),
        source.module ? readFile(join(folder, "go.sum"), "utf8") : "",
        ...(await ownSources(source)).map((file) => readFile(file, "utf8")),
    ]);
    const version = source.module ? requiredVersion(gomod, source.module) : "";
    const flags = [
        "-trimpath",
        "-buildvcs=false",
        ...(source.tags ? ["-tags", source.tags.join(",")] : []),
        "-ldflags",
        linkerFlags(source.variables, version),
    ];
    const { version: goVersion } = await findGo();
    const inputs = [gomod, gosum, ...own, source.package, ...flags, goVersion, String(Boolean(source.cPackages))];
    const hash = createHash("sha256").update(inputs.join("\0")).digest("hex").slice(0, 12);
    const dir = join(binDir(), [name, version, hash].filter(Boolean).join("-"));
    return { name, version, dir, binary: join(dir, name), flags, source, gomod };
}

/** The files of a program of our own; the packages that it shares with others of its module are in them, too. */
async function ownSources(source: ToolSource): Promise<string[]> {
    if (!isOurs(source)) return [];
    const folder = moduleFolder(source);
    const entries = await readdir(folder, { recursive: true });
    return entries
        .filter((file) => file.endsWith(".go"))
        .sort()
        .map((file) => join(folder, file));
}

/** Directory of builds; whatever is found here while nobody builds is the debris of a killed one. */
const workshop = () => join(cacheDir(), "tmp", "tools");

/** Removes what killed builds left. To be called with the build lock held. */
export async function clearWorkshop(): Promise<void> {
    await terminateWorkers(workshop(), ["go"]);
    await rm(workshop(), { recursive: true, force: true });
}

/**
 * Builds one tool and puts it in its place in one move, so that a build killed at any moment leaves nothing that looks
 * finished. To be called with the build lock held.
 */
export async function build({ name, version, dir, flags, source, gomod }: Recipe, note: Note): Promise<void> {
    const go = await findGo();
    checkGoVersion(go.version, goDirective(gomod), source.folder);
    if (source.cPackages) await installPackages(source.cPackages);
    await mkdir(workshop(), { recursive: true });
    // A name of its own, should a compiler that outlived its killed run still be at work.
    const scratch = await mkdtemp(join(workshop(), `${name}-`));
    const log = join(cacheDir(), "log", `build-${name}.log`);
    await rm(log, { force: true });
    let packages = 0;
    try {
        await seedBuildCache(toolSet(source), note);
        note("fetching modules");
        await run(go.path, ["build", "-v", ...flags, "-o", join(scratch, name), source.package], {
            cwd: moduleFolder(source),
            env: { ...goEnvironment(toolSet(source), Boolean(source.cPackages)), GOTMPDIR: scratch },
            ...patiently(),
            log,
            onLine: (line) => {
                // `-v` names each package as it is compiled; downloads are announced by "go: downloading".
                if (line.startsWith("go: ")) note(line.slice(4));
                else note(`${++packages} packages compiled`);
            },
        });
    } catch (error) {
        if (error instanceof Stopped) throw error;
        const evidence = error instanceof UserError ? (error.details.evidence ?? []) : [String(error)];
        throw (
            fullDisk(evidence.join("\n"), cacheDir(), `build ${name}`) ??
            new UserError(`cannot build ${[name, version].filter(Boolean).join(" ")}`, {
                where: log,
                evidence: evidence.slice(-15),
                fix: "see the log; without a way to Go's module proxy set GOPROXY, then run the same command again",
                kept: "what was built before stays and is not built again",
                cause: error instanceof UserError ? error.details.cause : undefined,
            })
        );
    }
    note(`${packages} packages compiled`);
    await keepOnly(scratch, name);
    await mkdir(binDir(), { recursive: true });
    await rm(dir, { recursive: true, force: true });
    await rename(scratch, dir);
    await rm(log, { force: true });
}

/** Go removes its own temporary files, unless it was told not to by the user's environment. */
async function keepOnly(dir: string, name: string): Promise<void> {
    for (const entry of await readdir(dir))
        if (entry !== name) await rm(join(dir, entry), { recursive: true, force: true });
}
