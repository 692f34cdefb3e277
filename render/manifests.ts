import { availableParallelism } from "node:os";

import { renderError, UserError } from "../lib/errors";
import { type Note } from "../lib/progress";
import {
    collectRequests,
    declarationOf,
    definitionsBehind,
    type DeclaredObject,
    type Release,
} from "../program/collect";
import { Missing, Sources } from "./fetch";
import type { ChartSource } from "./chart-source";
import { Masker } from "../kubernetes/mask";
import { Manifest } from "../kubernetes/objects";
import { Limit } from "../lib/limit";
import { masked } from "../program/mask";
import type { ProgramOptions, ResourceRequest } from "../program/program";
import { directoryForms, isDirectory } from "../program/sources";
import { platformConfig, type StackConfig } from "../program/stack-config";
import { DefinitionForm, Tree, treeOf } from "./tree";

export interface RenderOptions extends Pick<
    ProgramOptions,
    "stack" | "configFile" | "config" | "secretKeys" | "program" | "stackOutputs"
> {
    /**
     * `directories`: every chart and CRD that has a form in the project is taken from there, and a chart that has none
     * stands by its values. Nothing is downloaded, and the same comes out on every machine.
     *
     * @default "configured": from where the stack says
     */
    charts?: ChartSource;
    /**
     * Let a chart or a CRD that can't be reached be missing, instead of an error: the Release stands by its values.
     * @default false
     */
    allowMissing?: boolean;
    /** Told what is under way. */
    note?: Note;
    /** CRDs whole, or only which kinds and versions they define. @default "names" */
    definitions?: DefinitionForm;
}

/** A Release, and where its chart came from. */
export interface RenderedRelease extends Omit<Release, "values" | "skipCrds" | "timeout"> {
    /** False when it stands in the tree by its values. */
    rendered: boolean;
    /** Paths of its objects in the tree. */
    files: string[];
}

/** Rendered objects and releases of a stack. */
export interface Rendered {
    stack: string;
    objects: DeclaredObject[];
    /** By namespace and name. */
    releases: RenderedRelease[];
    /** Sources that couldn't be reached; their objects are missing. */
    missing: Missing[];
    tree: Tree;
}

/** Every Kubernetes object that a stack makes, one file an object; `renderStack` tells more. */
export async function render(options: RenderOptions): Promise<Tree> {
    return (await renderStack(options)).tree;
}

/**
 * Every Kubernetes object that a stack makes, the inside of its Releases included, without cluster or engine. Values of Secrets
 * are masked, and so is whatever else is secret, wherever it stands.
 */
export async function renderStack(options: RenderOptions): Promise<Rendered> {
    const { stack, charts = "configured", definitions = "names" } = options;
    const directories = charts === "directories";
    const sources = new Sources(options, options.note);
    const found: Promise<Found>[] = [];
    // Another form of a chart knows fewer values: what is wrong with the others would not be told.
    const inDirectories = (config: StackConfig) => {
        if (options.program === undefined) platformConfig(config, stack);
        return directoryForms(config);
    };
    const limit = new Limit(availableParallelism());
    await collectRequests({
        ...options,
        ...(directories ? { transformConfig: inDirectories, offline: true } : { downloads: sources.downloads }),
        registered: (request) => {
            // Charts are fetched and Helm works while the program goes on.
            const inside = manifestsOf(request, (release) =>
                directories && !isDirectory(release.chart)
                    ? Promise.resolve(undefined)
                    : limit.run(() => sources.templates(release)),
            );
            // Waited for below, when the program has ended.
            inside.catch(() => undefined);
            found.push(inside);
        },
    }).catch(async (error: unknown) => {
        await Promise.allSettled(found);
        throw error;
    });
    const all = await settled(found);
    if (!options.allowMissing) sources.refuseMissing();
    const objects = all.flatMap(({ objects: each }) => each);
    const { tree, paths } = treeOf(objects, definitions);
    const filesOf = (each: Found) => each.objects.map((object) => paths.get(object) ?? "").sort(compare);
    return {
        stack,
        objects,
        releases: all
            .flatMap((each) => (each.release ? [{ ...each.release, files: filesOf(each) }] : []))
            .sort((one, other) => compare(one.namespace, other.namespace) || compare(one.name, other.name)),
        missing: sources.missing,
        tree: withoutSecrets(tree, options),
    };
}

/** Annotation of a Release that stands by its values. */
export const notRendered = "data-platform.io/not-rendered";

/** Shorter secrets would mask ordinary words. */
const shortest = 8;

/** A tree without the secrets of a stack's config, should the program have put one where it isn't marked as such. */
function withoutSecrets(tree: Tree, { config = {}, secretKeys = [] }: RenderOptions): Tree {
    const masker = new Masker(masked);
    for (const text of secretKeys.flatMap((key) => textsIn(config[key]))) masker.learn(text, shortest);
    return new Map([...tree].map(([path, text]) => [path, masker.text(text)]));
}

/** Every text in a value of the config, which is JSON unless it is a text itself. */
function textsIn(value = "null"): string[] {
    try {
        return leaves(JSON.parse(value));
    } catch {
        return [value];
    }
}

function leaves(value: unknown): string[] {
    if (typeof value === "string") return [value];
    return typeof value === "object" && value !== null ? Object.values(value).flatMap(leaves) : [];
}

/** Objects of one resource. */
interface Found {
    objects: DeclaredObject[];
    release?: Omit<RenderedRelease, "files">;
}

/** The objects inside a release, or nothing when its chart isn't at hand. */
type Template = (release: Release) => Promise<Manifest[] | undefined>;

async function manifestsOf(request: ResourceRequest, template: Template): Promise<Found> {
    const { object, release } = declarationOf(request);
    if (!release) return { objects: [...(object ? [object] : []), ...(await definitionsBehind(request))] };
    const inside = await template(release);
    const { name, namespace, chart, repository, version } = release;
    return {
        objects: (inside ?? [byValues(release)]).map((manifest) => ({ manifest, urn: request.urn })),
        release: {
            name,
            namespace,
            chart,
            ...(repository ? { repository } : {}),
            ...(version ? { version } : {}),
            rendered: inside !== undefined,
        },
    };
}

/** A Release whose chart isn't at hand, by what it is given. */
function byValues({ name, namespace, chart, repository, version, values }: Release): Manifest {
    return {
        apiVersion: "helm.sh/v3",
        kind: "Release",
        metadata: {
            name,
            namespace,
            annotations: { [notRendered]: "the chart is not in the project; these are its values" },
        },
        spec: { chart, ...(repository ? { repository } : {}), version, values },
    };
}

/** All results, or all errors at once. */
async function settled<T>(promises: Promise<T>[]): Promise<T[]> {
    const results = await Promise.allSettled(promises);
    const rejected = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
    // Each release fails alike where Helm itself is missing.
    const reasons = [...new Map(rejected.map((reason) => [renderError(reason), reason])).values()];
    if (reasons.length > 1 && reasons.every((reason) => reason instanceof UserError)) throw new AggregateError(reasons);
    if (reasons.length > 0) throw reasons[0];
    return results.map((result) => (result as PromiseFulfilledResult<T>).value);
}

function compare(one: string, other: string): number {
    return one < other ? -1 : one > other ? 1 : 0;
}
