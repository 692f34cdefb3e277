import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

import { parse, stringify } from "yaml";

import { run } from "../lib/exec";
import { cacheDir } from "../lib/paths";
import { moduleFolder, toolSource } from "../tools/catalog";
import { findGo, goEnvironment, removeGoCaches } from "../tools/go";
import { requiredVersion } from "../tools/gomod";
import { type ModuleChart } from "./catalog";

/** A chart with its version, and where it is kept between checkouts. */
export interface Prepared extends ModuleChart {
    /** E.g. `v1.11.5`. */
    version: string;
    /** Another one when something else would come out. */
    id: string;
    /** Holds `chart` and `crds` once it exists. */
    dir: string;
}

/** Raise when what is made of the same module changes. */
const format = 1;

/** Which version of a chart is pinned, without fetching anything. */
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

/** Takes chart and definitions out of the module, checked against go.sum by Go itself. Nothing half done is left behind. */
export async function extract(prepared: Prepared): Promise<void> {
    const { dir } = prepared;
    const { module, folder } = moduleOf(prepared);
    const { stdout } = await run((await findGo()).path, ["mod", "download", "-json", module], {
        cwd: folder,
        env: goEnvironment(set, false),
        fix: "without a way to Go's module proxy set GOPROXY, then run the same command again",
    });
    const { Dir: source } = JSON.parse(stdout) as { Dir: string };
    const scratch = `${dir}.new`;
    await rm(scratch, { recursive: true, force: true });
    await mkdir(scratch, { recursive: true });
    await writeChart(prepared, source, join(scratch, "chart"));
    await writeCrds(prepared, source, join(scratch, "crds"));
    await rm(dir, { recursive: true, force: true });
    await rename(scratch, dir);
    await removeGoCaches(set);
}

async function writeChart({ chart, crds, template, version }: Prepared, source: string, target: string): Promise<void> {
    const from = join(source, chart);
    // The definitions are owned apart from the chart.
    await cp(from, target, { recursive: true, filter: (path) => path !== join(source, crds) });
    // Go's module cache is read-only.
    await run("chmod", ["-R", "u+w", target]);
    if (!template) return;
    const metadata = parse(await readFile(join(from, template), "utf8")) as Record<string, unknown>;
    const whole = { ...metadata, version, appVersion: version, annotations: undefined };
    await writeFile(join(target, "Chart.yaml"), stringify(whole));
}

/** JSON, which is read in no time: the operators' definitions have ten thousand lines each. */
async function writeCrds({ crds, crdLabels, version }: Prepared, source: string, target: string): Promise<void> {
    await mkdir(target);
    const files = (await readdir(join(source, crds))).filter((file) => file.endsWith(".yaml"));
    for (const file of files) {
        const crd = parse(await readFile(join(source, crds, file), "utf8")) as { metadata: Record<string, unknown> };
        if (crdLabels) crd.metadata.labels = crdLabels(version);
        await writeFile(join(target, `${basename(file, ".yaml")}.json`), JSON.stringify(crd, undefined, 1) + "\n");
    }
}

function moduleOf({ tool }: ModuleChart): { module: string; folder: string } {
    const source = toolSource(tool);
    if (!source.module) throw new Error(`${tool} is built from no module`);
    return { module: source.module, folder: moduleFolder(source) };
}
