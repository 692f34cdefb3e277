import { isRecord, type Manifest } from "../../kubernetes/objects";
import type { RenderedRelease } from "../manifests";
import { VersionChange } from "./model";

/** Versions by name. */
export type Versions = Map<string, Set<string>>;

/** Every image that objects name, those in custom resources, in pod templates inside ConfigMaps and in values of charts included. */
export function imagesOf(manifests: Manifest[]): Versions {
    const found: Versions = new Map();
    const add = (image: string) => {
        const [name, version] = splitImage(image);
        found.set(name, new Set([...(found.get(name) ?? []), version]));
    };
    for (const manifest of manifests) {
        if (manifest.kind === "CustomResourceDefinition") continue;
        walk(manifest, (key, value) => {
            if (typeof value === "string") {
                if ((key === "image" || key === "imageName") && /[/:]/.test(value)) add(value);
                if (manifest.kind === "ConfigMap" && value.includes("image:")) imagesIn(value).forEach(add);
            } else if (
                isRecord(value) &&
                typeof value.repository === "string" &&
                typeof value.tag === "string" &&
                value.tag
            ) {
                const { registry, repository, tag } = value;
                add(`${typeof registry === "string" && registry ? `${registry}/` : ""}${repository}:${tag}`);
            }
        });
    }
    return found;
}

/** Charts by what their objects say of themselves, and by what the releases ask for. */
export function chartsOf(manifests: Manifest[], releases: RenderedRelease[]): Versions {
    const found: Versions = new Map();
    const add = (name: string, version: string) => found.set(name, new Set([...(found.get(name) ?? []), version]));
    for (const { metadata, kind, spec } of manifests) {
        const label = metadata.labels?.["helm.sh/chart"] ?? metadata.labels?.chart;
        const [, name, version] = /^(.*)-(v?\d+\.\d+[0-9A-Za-z._+-]*)$/.exec(label ?? "") ?? [];
        if (name) add(name, bare(version));
        if (kind === "Release") {
            const { chart, version: asked } = (spec ?? {}) as { chart?: string; version?: string };
            if (chart && asked) add(lastPart(chart), bare(asked));
        }
    }
    for (const { chart, version } of releases) if (version) add(lastPart(chart), bare(version));
    return found;
}

/** Differences between two sets of versions, by name. */
export function versionChanges(before: Versions, after: Versions): VersionChange[] {
    const list = (versions: Versions, name: string) => [...(versions.get(name) ?? [])].sort();
    return [...new Set([...before.keys(), ...after.keys()])]
        .sort()
        .map((name) => ({ name, before: list(before, name), after: list(after, name) }))
        .filter((change) => change.before.join(" ") !== change.after.join(" "));
}

/** A label can't hold the `+` of a version; and whether a `v` leads it is a matter of taste. */
function bare(version: string): string {
    return version.replaceAll("_", "+").replace(/^v/, "");
}

function lastPart(chart: string): string {
    return chart.split("/").at(-1) ?? chart;
}

/** A colon before the last slash is that of a registry's port. */
function splitImage(image: string): [string, string] {
    const [, name, version] = /^(.+?)((?::[^/@]+)?(?:@.+)?)$/.exec(image) ?? [];
    return [name ?? image, version?.replace(/^:/, "") || "latest"];
}

function imagesIn(text: string): string[] {
    return [...text.matchAll(/^\s*-?\s*"?image"?: *"?([^\s"{}]+[/:][^\s"{}]+)"?,?$/gm)].map(([, image]) => image);
}

function walk(value: unknown, visit: (key: string, value: unknown) => void): void {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
        visit(key, inner);
        walk(inner, visit);
    }
}
