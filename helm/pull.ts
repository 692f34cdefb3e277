import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { UserError } from "../lib/errors";
import { run } from "../lib/exec";
import { cacheDir } from "../lib/paths";
import { type Note } from "../lib/progress";
import { pruneOld } from "../lib/cache";
import { helm } from "../tools/helm";

/** A chart that is elsewhere. */
export interface RemoteChart {
    /** An `oci://` address, or the chart's name in `repository`. */
    chart: string;
    /** The `https://` address of a chart repository. */
    repository?: string;
    /** Exact, because what is fetched is kept by it. */
    version: string;
}

/** Directory of fetched charts, kept between checkouts, a directory each. */
const kept = () => join(cacheDir(), "pulled-charts");

/** Days after which a chart that nobody rendered is thrown away. */
const keptFor = 60;

/** A repository that doesn't answer at all is given up after this, in milliseconds. */
const timeoutMs = 120_000;

/** Note beside a chart. */
interface Ledger {
    address: string;
    version: string;
    file: string;
    sha256: string;
}

/**
 * The path of a chart's archive: out of the cache, where its checksum is right, or fetched by Helm, whose sign-ins
 * (`helm registry login`) hold here too.
 *
 * @throws Unreachable when it can't be fetched
 */
export async function pull(chart: RemoteChart, note: Note = () => undefined): Promise<string> {
    const dir = join(kept(), idOf(chart));
    const there = await intact(dir);
    if (there) {
        // Says that it is in use, to the pruning of old ones.
        await utimes(dir, new Date(), new Date()).catch(() => undefined);
        return there;
    }
    // Before it is said that something is fetched: Helm may have to be built, or somebody else be waited for, who builds it.
    const program = await helm(note);
    note(`fetching the chart ${nameOf(chart)} ${chart.version}`);
    const scratch = `${dir}.${randomBytes(4).toString("hex")}.new`;
    try {
        await mkdir(scratch, { recursive: true });
        const file = await fetchInto(program, scratch, chart);
        const sha256 = checksum(await readFile(join(scratch, file)));
        const ledger: Ledger = { address: addressOf(chart), version: chart.version, file, sha256 };
        await writeFile(join(scratch, "chart.json"), `${JSON.stringify(ledger, undefined, 4)}\n`);
        await rm(dir, { recursive: true, force: true });
        // Somebody else may have put the same there meanwhile.
        await rename(scratch, dir).catch(() => undefined);
        await pruneOld(kept(), keptFor, (entry) => entry === idOf(chart));
        return join(dir, file);
    } finally {
        await rm(scratch, { recursive: true, force: true });
    }
}

/** Address of a chart, as a person would look there. */
export function addressOf({ chart, repository }: Pick<RemoteChart, "chart" | "repository">): string {
    return repository ?? chart;
}

/** The chart's own name. */
export function nameOf({ chart }: Pick<RemoteChart, "chart">): string {
    return chart.split("/").at(-1) ?? chart;
}

function idOf(chart: RemoteChart): string {
    const hash = checksum(`${addressOf(chart)}\0${chart.chart}\0${chart.version}`).slice(0, 12);
    return `${nameOf(chart)}-${chart.version}-${hash}`;
}

/** The archive in a directory of the cache, if it is what was fetched. */
async function intact(dir: string): Promise<string | undefined> {
    try {
        const { file, sha256 } = JSON.parse(await readFile(join(dir, "chart.json"), "utf8")) as Ledger;
        const path = join(dir, file);
        return checksum(await readFile(path)) === sha256 ? path : undefined;
    } catch {
        return undefined;
    }
}

/** Lets Helm fetch a chart. Its caches are thrown away: what is worth keeping is kept here. */
async function fetchInto(
    program: string,
    scratch: string,
    { chart, repository, version }: RemoteChart,
): Promise<string> {
    const caches = join(scratch, "helm");
    const args = [
        ...["pull", chart, "--version", version, "--destination", scratch],
        ...(repository ? ["--repo", repository] : []),
        ...(isLocal(chart) ? ["--plain-http"] : []),
    ];
    try {
        await run(program, args, { env: { HELM_CACHE_HOME: caches }, timeout: timeoutMs });
    } catch (error) {
        throw error instanceof UserError ? unreachable(error) : error;
    }
    await rm(caches, { recursive: true, force: true });
    const [file] = (await readdir(scratch)).filter((entry) => entry.endsWith(".tgz"));
    return file;
}

/** A registry on this machine, such as kind's, speaks plain HTTP. */
function isLocal(chart: string): boolean {
    return /^oci:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(chart);
}

/** A chart that could not be fetched, in one line of Helm's own words. */
export class Unreachable extends Error {}

function unreachable({ message, details }: UserError): Unreachable {
    const said = details.evidence ?? [];
    const reason = said.filter((line) => line.startsWith("Error: ")).at(-1);
    return new Unreachable(reason?.slice("Error: ".length) ?? said.at(-1) ?? message.split(":")[0]);
}

function checksum(content: string | Buffer): string {
    return createHash("sha256").update(content).digest("hex");
}
