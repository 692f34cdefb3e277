import type { ChartSource } from "../chart-source";
import { ObjectDiff, Requests, Summary, TreeDiff } from "./model";

/** `base`: what the change starts from. `head`: what it leads to. */
export type ReportSide = "base" | "head";

/** Reason why a stack couldn't be rendered on one side. */
export interface Failure {
    side: ReportSide;
    reason: string;
}

/** One stack, before and after a change of the repository. */
export interface Environment {
    stack: string;
    /** `new`, `gone`: it has a stack file on one side only. `failed`: nothing can be told, see `failures`. */
    state: "compared" | "new" | "gone" | "failed";
    /** Absent when it failed. */
    diff?: TreeDiff;
    /** Of the side, or both sides, that couldn't be rendered. */
    failures: Failure[];
    /** Releases that stand by their values on both sides, because their chart isn't at hand. */
    byValues: string[];
    /** Keys of encrypted settings that were encrypted anew, came or went. Nobody but the engine can tell what they are. */
    secretSettings: string[];
}

/** Report on a change of the repository: what it means for each of its stacks. */
export interface Report {
    /** Commit that the change starts from. */
    base: string;
    /** Commit that it leads to. */
    head: string;
    /** True if the head was rendered with changes in it that are not committed. */
    uncommitted: boolean;
    /** Source of the charts. */
    charts: ChartSource;
    /** By name. */
    environments: Environment[];
}

export type Counts = Pick<Summary, "added" | "removed" | "changed" | "kept" | "unchanged"> & { quiet: number };

/** All that is counted in some environments together. */
export function countsOf(environments: Environment[]): Counts {
    const summaries = environments.flatMap(({ diff }) => (diff ? [diff.summary] : []));
    const sum = (of: (summary: Summary) => number) => summaries.reduce((total, summary) => total + of(summary), 0);
    return {
        added: sum(({ added }) => added),
        removed: sum(({ removed }) => removed),
        changed: sum(({ changed }) => changed),
        kept: sum(({ kept }) => kept),
        unchanged: sum(({ unchanged }) => unchanged),
        quiet: sum(({ quiet }) => quiet.length),
    };
}

/** Sum of the requests of some environments' servers. */
export function requestsOfAll(environments: Environment[]): { before: Requests; after: Requests } {
    const total = (side: "before" | "after") =>
        environments.reduce<Requests>(
            (sum, { diff }) => {
                const { cpu, memory, storage } = diff?.summary.requests[side] ?? { cpu: 0, memory: 0, storage: 0 };
                return { cpu: sum.cpu + cpu, memory: sum.memory + memory, storage: sum.storage + storage };
            },
            { cpu: 0, memory: 0, storage: 0 },
        );
    return { before: total("before"), after: total("after") };
}

/** Tells whether an environment is other than before, as far as anybody can tell. */
export function differs({ state, diff, secretSettings }: Environment): boolean {
    if (state !== "compared" || !diff || secretSettings.length > 0) return true;
    const { added, removed, changed, kept, quiet, skipped, images, charts } = diff.summary;
    return added + removed + changed + kept + quiet.length + skipped.length + images.length + charts.length > 0;
}

/** Tells whether a change is of versions alone: images and charts, nothing that comes or goes, nothing to look at twice. */
export function isRoutine({ environments }: Report): boolean {
    const changed = environments.filter(differs);
    return changed.length > 0 && changed.every(onlyVersions);
}

function onlyVersions({ state, diff, secretSettings }: Environment): boolean {
    if (state !== "compared" || !diff || secretSettings.length > 0 || diff.summary.skipped.length > 0) return false;
    const objects = diff.components.flatMap((component) => component.objects);
    return (
        diff.summary.images.length + diff.summary.charts.length > 0 &&
        objects.every(({ operation, risks }) => operation === "changed" && risks.length === 0) &&
        objects.every(({ fields }) => fields.every(({ path }) => version.test(path)))
    );
}

const version = /(^|[.\]])(image|imageName|tag|version|chartVersion|newTag)$/;

/** 2 for danger, 1 for caution, 0 for what has neither. */
export function rankOf({ risks }: ObjectDiff): number {
    return Math.max(0, ...risks.map(({ level }) => (level === "danger" ? 2 : 1)));
}
