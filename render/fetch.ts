import { profiles } from "../config/profiles";
import { UserError } from "../lib/errors";
import { type Note } from "../lib/progress";
import { cached, Downloader } from "../program/downloads";
import { helmTemplate } from "../helm/template";
import { Manifest } from "../kubernetes/objects";
import type { Release } from "../program/collect";
import type { ProgramOptions } from "../program/program";
import { addressOf, nameOf, pull, Unreachable } from "../helm/pull";
import { isDirectory } from "../program/sources";
import { groupOf, project, readStackConfig, stackFile } from "../program/stack-config";

/** Something that a rendered stack lacks, because it couldn't be reached. */
export interface Missing {
    /** The config key that its source comes from, e.g. `charts.airflow`. */
    key: string;
    /** E.g. `the chart airflow 1.22.0`. */
    what: string;
    address: string;
    reason: string;
}

/** Sources of one stack's charts and CRDs, and those that couldn't be reached. */
export class Sources {
    private readonly found: Missing[] = [];
    /** Answers the downloads of the program, which are CRDs. */
    readonly downloads: Downloader;

    constructor(
        private readonly options: Pick<ProgramOptions, "stack" | "config" | "configFile">,
        private readonly note?: Note,
    ) {
        this.downloads = cached((address, reason) => {
            const key = `crds.${this.keysOf("crds", address)[0] ?? "…"}`;
            this.found.push({ key, what: "definitions of custom resources", address, reason });
        }, note);
    }

    /** Sources that couldn't be reached, by key and address. */
    get missing(): Missing[] {
        const order = ({ key, address }: Missing) => `${key} ${address}`;
        return [...this.found].sort((one, other) => (order(one) < order(other) ? -1 : 1));
    }

    /** Every object that a release makes, or nothing when its chart can't be reached. */
    async templates(release: Release): Promise<Manifest[] | undefined> {
        const { name, namespace, skipCrds, chart, repository, version, values } = release;
        const key = `charts.${this.chartKey(release)}`;
        const template = (from: string) =>
            helmTemplate({ name, namespace, skipCrds, key, chart: from, values, note: this.note });
        if (isDirectory(chart)) return template(chart);
        if (!version) {
            throw new UserError(`the release ${name} names no version of its chart: another one could come each time`, {
                where: `${addressOf(release)} (${key})`,
                fix: "give the Release an exact version (config/versions.ts)",
            });
        }
        const archive = await pull({ chart, repository, version }, this.note).catch((error: unknown) => {
            if (!(error instanceof Unreachable)) throw error;
            const what = `the chart ${nameOf(release)} ${version}`;
            this.found.push({ key, what, address: addressOf(release), reason: error.message });
        });
        return archive === undefined ? undefined : template(archive);
    }

    /** @throws UserError that names all that is missing, and the ways out */
    refuseMissing(): void {
        const { missing } = this;
        if (missing.length === 0) return;
        const keys = [...new Set(missing.map(({ key }) => key))];
        throw new UserError(
            `the stack ${this.options.stack} can't be rendered whole: ${count(missing)} can't be reached`,
            {
                evidence: keys.flatMap((key) => {
                    const [first, ...more] = missing.filter((each) => each.key === key);
                    const others = more.length > 0 ? ` (and ${more.length} more addresses)` : "";
                    return [`${key}: ${first.what}, ${first.address}${others}`, `    ${first.reason}`];
                }),
                fix: `set ${keys.slice(0, 2).join(" and ")}${keys.length > 2 ? " and so on" : ""} to files of the project ("./…") or to a mirror, or render without what is missing: --allow-missing-charts`,
            },
        );
    }

    /** The key of the config's `charts` that a release's chart comes from. */
    private chartKey(release: Release): string {
        const keys = this.keysOf("charts", addressOf(release));
        // Several may come from one repository.
        const plain = release.name.replaceAll("-", "").toLowerCase();
        const named = keys.find((key) => plain.includes(key.toLowerCase())) ?? keys[0];
        return named ?? release.name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    }

    private keysOf(group: "charts" | "crds", address: string): string[] {
        const { stack, config, configFile } = this.options;
        const values = config ?? readStackConfig(configFile ?? stackFile(stack)).values;
        const own = groupOf(values, group);
        const profile = Object.entries(profiles).find(([name]) => name === values[`${project}:profile`])?.[1];
        return Object.entries({ ...profile?.[group], ...own })
            .filter(([, source]) => source === address || (Array.isArray(source) && source.includes(address)))
            .map(([key]) => key);
    }
}

function count(missing: Missing[]): string {
    const charts = missing.filter(({ key }) => key.startsWith("charts.")).length;
    const definitions = new Set(missing.filter(({ key }) => key.startsWith("crds.")).map(({ key }) => key)).size;
    return [
        ...(charts > 0 ? [`${charts} chart${charts > 1 ? "s" : ""}`] : []),
        ...(definitions > 0 ? [`the definitions of ${definitions} operator${definitions > 1 ? "s" : ""}`] : []),
    ].join(" and ");
}
