import { cp, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { writeAtomically } from "../../lib/files";
import { cacheDir, outputDir } from "../../lib/paths";
import { step, tellWaiting } from "../../lib/progress";
import { pruneOld } from "../../lib/cache";
import { withLock } from "../../lib/lock";
import { moduleCharts } from "./catalog";
import { definitions } from "./crds";
import { extract, identity, type Kept } from "./extract";

/** The places in the checkout of what is fetched, as a stack's config names them. */
const place = (part: string, name: string) => join(outputDir, part === "chart" ? "charts" : part, name);

/**
 * Puts the charts and the CRDs that the sandbox's stack names into `.sandbox/charts` and `.sandbox/crds`.
 * They come out of pinned Go modules; what is there already is left as it is.
 */
export async function prepareCharts(): Promise<void> {
    await prepare("charts", ["chart", "crds"], await Promise.all(moduleCharts.map(identity)), "chart", extract);
}

/**
 * Puts the CRDs of the other operators into `.sandbox/crds`: Strimzi's out of Maven's repository,
 * CloudNativePG's, KEDA's and the Gateway API's out of pinned Go modules. The sandbox's stack needs none of them; who checks the other stacks
 * does.
 */
export async function prepareCrds(): Promise<void> {
    const wanted = await definitions();
    await prepare("crds", ["crds"], wanted, "definitions", (each) => each.make());
}

async function prepare<T extends Kept>(
    set: string,
    parts: string[],
    wanted: T[],
    what: string,
    make: (each: T) => Promise<void>,
): Promise<void> {
    // What `.sandbox` holds: the identity of each thing that is there.
    const ledger = join(outputDir, `${set}.json`);
    const ids = Object.fromEntries(wanted.map(({ name, id }) => [name, id]));
    if (await isThere(ledger, parts, wanted)) return;
    await withLock(
        join(cacheDir(), "charts.lock"),
        (holder) => tellWaiting(holder, `fetches ${what}`),
        async () => {
            for (const each of wanted) {
                if (!existsSync(each.dir)) await step(`Fetch the ${what} of ${each.name}`, () => make(each));
                for (const part of parts) await put(join(each.dir, part), place(part, each.name));
            }
            await mkdir(outputDir, { recursive: true });
            await writeAtomically(ledger, JSON.stringify(ids, undefined, 4) + "\n", { mode: 0o644 });
            await pruneOld(join(cacheDir(), set), 14, (entry) => Object.values(ids).includes(entry));
        },
    );
}

async function isThere(ledger: string, parts: string[], wanted: Kept[]): Promise<boolean> {
    const text = await readFile(ledger, "utf8").catch(() => "{}");
    const known = JSON.parse(text) as Record<string, string>;
    return wanted.every(({ name, id }) => known[name] === id && parts.every((part) => existsSync(place(part, name))));
}

/** Copies a folder into the checkout in one move. */
async function put(from: string, target: string): Promise<void> {
    await mkdir(join(target, ".."), { recursive: true });
    const scratch = await mkdtemp(`${target}.new-`);
    await cp(from, scratch, { recursive: true });
    await rm(target, { recursive: true, force: true });
    await rename(scratch, target);
}
