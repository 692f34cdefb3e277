import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { cacheDir, outputDir } from "../lib/paths";
import { step } from "../lib/progress";
import { pruneOld } from "../tools/disk";
import { withLock } from "../tools/lock";
import { moduleCharts } from "./catalog";
import { extract, identity, type Prepared } from "./extract";

/** What `.sandbox` holds: the identity of each chart that is there. */
const ledger = () => join(outputDir, "charts.json");

/** The places of a chart in the checkout, as the stack's config names them. */
const places = (name: string) => ({
    chart: join(outputDir, "charts", name),
    crds: join(outputDir, "crds", name),
});

/**
 * Puts the charts and the custom resource definitions that the sandbox's stack names into `.sandbox/charts` and `.sandbox/crds`.
 * They come out of pinned Go modules; what is there already is left as it is.
 */
export async function prepareCharts(): Promise<void> {
    const wanted = await Promise.all(moduleCharts.map(identity));
    if (await isThere(wanted)) return;
    await withLock(
        join(cacheDir(), "charts.lock"),
        () => undefined,
        async () => {
            for (const each of wanted) {
                if (!existsSync(each.dir)) await step(`Fetch the chart of ${each.name}`, () => extract(each));
                await put(each);
            }
            await mkdir(outputDir, { recursive: true });
            await writeWhole(ledger(), JSON.stringify(idsOf(wanted), undefined, 4) + "\n");
            const current = wanted.map(({ id }) => id);
            await pruneOld(join(cacheDir(), "charts"), 14, (entry) => current.includes(entry));
        },
    );
}

function idsOf(wanted: Prepared[]): Record<string, string> {
    return Object.fromEntries(wanted.map(({ name, id }) => [name, id]));
}

async function isThere(wanted: Prepared[]): Promise<boolean> {
    const text = await readFile(ledger(), "utf8").catch(() => "{}");
    const known = JSON.parse(text) as Record<string, string>;
    return wanted.every(
        ({ name, id }) => known[name] === id && existsSync(places(name).chart) && existsSync(places(name).crds),
    );
}

/** Copies a chart into the checkout, each folder in one move. */
async function put({ name, dir }: Prepared): Promise<void> {
    for (const [part, target] of Object.entries(places(name))) {
        await mkdir(join(target, ".."), { recursive: true });
        const scratch = await mkdtemp(`${target}.new-`);
        await cp(join(dir, part), scratch, { recursive: true });
        await rm(target, { recursive: true, force: true });
        await rename(scratch, target);
    }
}

async function writeWhole(file: string, text: string): Promise<void> {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
}
