import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

import { parse, stringify } from "yaml";

import { run } from "../../lib/exec";
import { cacheDir } from "../../lib/paths";
import { moduleFolder, toolSource } from "../catalog";
import { findGo, goEnvironment, removeGoCaches } from "../go";
import { requiredVersion } from "../gomod";
import { type ModuleChart } from "./catalog";

/** Something that is fetched once, and where it is kept between checkouts. */
export interface Kept {
    /** Name under `.sandbox`. */
    name: string;
    /** Another one when something else would come out. */
    id: string;
    /** Holds a folder a part once it exists. */
    dir: string;
}

/** A chart with its version; `dir` holds `chart` and `crds`. */
export interface Prepared extends ModuleChart, Kept {
    /** E.g. `v1.21.2`. */
    version: string;
}

/** Raise when what is made of the same module changes. */
const format = 1;

/** Finds the pinned version of a chart, without fetching anything. */
export async function identity(chart: ModuleChart): Promise<Prepared> {
    const { module, folder } = moduleOf(chart);
    const [gomod, gosum] = await Promise.all(["go.mod", "go.sum"].map((file) => readFile(join(folder, file), "utf8")));
    const version = requiredVersion(gomod, module);
    const sum = gosum.split("\n").find((line) => line.startsWith(`${module} ${version} `));
    const hash = createHash("sha256").update([String(format), sum ?? "", JSON.stringify(chart)].join("\0"));
    const id = `${chart.name}-${version}-${hash.digest("hex").slice(0, 12)}`;
    return { ...chart, version, id, dir: join(cacheDir(), "charts", id) };
}

/** The Go caches of this; they are thrown away at once. */
const set = "charts";

/** Takes chart and CRDs out of the module. */
export async function extract(prepared: Prepared): Promise<void> {
    const { module, folder } = moduleOf(prepared);
    await fromModule(folder, module, async (source) => {
        await whole(prepared.dir, async (scratch) => {
            await writeChart(prepared, source, join(scratch, "chart"));
            await writeCrds(join(source, prepared.crds), join(scratch, "crds"));
        });
    });
}

/** Downloads a module, checked against go.sum by Go itself, and forgets it when the work is done. */
export async function fromModule(
    folder: string,
    module: string,
    work: (source: string) => Promise<void>,
): Promise<void> {
    const { stdout } = await run((await findGo()).path, ["mod", "download", "-json", module], {
        cwd: folder,
        env: goEnvironment(set, false),
        fix: "without a way to Go's module proxy set GOPROXY, then run the same command again",
    });
    await work((JSON.parse(stdout) as { Dir: string }).Dir);
    await removeGoCaches(set);
}

/** Makes a directory in one move: nothing half done is left behind. */
export async function whole(dir: string, fill: (scratch: string) => Promise<void>): Promise<void> {
    const scratch = `${dir}.new`;
    await rm(scratch, { recursive: true, force: true });
    await mkdir(scratch, { recursive: true });
    await fill(scratch);
    await rm(dir, { recursive: true, force: true });
    await rename(scratch, dir);
}

async function writeChart(
    { chart, crds, unversioned, version }: Prepared,
    source: string,
    target: string,
): Promise<void> {
    const from = join(source, chart);
    // The CRDs are owned apart from the chart.
    await cp(from, target, { recursive: true, filter: (path) => path !== join(source, crds) });
    // Go's module cache is read-only.
    await run("chmod", ["-R", "u+w", target]);
    if (!unversioned) return;
    const file = join(target, "Chart.yaml");
    const metadata = parse(await readFile(file, "utf8")) as Record<string, unknown>;
    await writeFile(file, stringify({ ...metadata, version, appVersion: version }));
}

/**
 * CRDs as JSON, which is read in no time: the operators' have ten thousand lines each.
 *
 * @param wanted Files to take.
 */
export async function writeCrds(source: string, target: string, wanted = /\.yaml$/): Promise<void> {
    await mkdir(target);
    const files = (await readdir(source)).filter((file) => wanted.test(file));
    for (const file of files) {
        const crd: unknown = parse(await readFile(join(source, file), "utf8"));
        await writeFile(join(target, `${basename(file, ".yaml")}.json`), JSON.stringify(crd, undefined, 1) + "\n");
    }
}

function moduleOf({ tool }: ModuleChart): { module: string; folder: string } {
    const source = toolSource(tool);
    if (!source.module) throw new Error(`${tool} is built from no module`);
    return { module: source.module, folder: moduleFolder(source) };
}
