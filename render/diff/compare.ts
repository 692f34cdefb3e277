import { structuredPatch } from "diff";
import { isDeepStrictEqual } from "node:util";
import { stringify } from "yaml";

import { nameOf } from "../../kubernetes/client";
import { diff } from "../../kubernetes/diff";
import { groupOf, type Manifest } from "../../kubernetes/objects";
import { redacted } from "./redact";
import { chartsOf, imagesOf, versionChanges } from "./contents";
import { readable } from "./embedded";
import { ComponentDiff, ObjectDiff, Operation, Summary, TreeDiff } from "./model";
import { withoutIgnoredFields } from "./ignored-fields";
import { requestsOf } from "./requests";
import { keeps, risksOf } from "./risk";
import { Side } from "./side";
import { skippedOf } from "./skipped";

/** An object on both sides, or on one. */
interface Pair {
    before?: Manifest;
    after?: Manifest;
}

/** Compares two rendered stacks. Pure; the same sides give the same answer. */
export function compare(before: Side, after: Side): TreeDiff {
    const { skipped, hidden } = skippedOf(before, after);
    const [one, other] = [before, after].map((side) =>
        [...side.objects].filter(([path]) => !hidden.has(path)).map(([, manifest]) => manifest),
    );
    const pairs = matched(one, other);
    const differing = pairs.filter((pair) => !isDeepStrictEqual(pair.before, pair.after));
    const diffs = differing.map(objectDiff);
    const loud = diffs.filter(({ fields }) => fields.length > 0);
    const of = (...operations: Operation[]) => loud.filter(({ operation }) => operations.includes(operation)).length;
    const summary: Summary = {
        added: of("added"),
        removed: of("removed"),
        kept: of("kept"),
        changed: of("changed", "renamed"),
        unchanged: pairs.length - differing.length,
        quiet: diffs.filter(({ fields }) => fields.length === 0).map(nameOf),
        images: versionChanges(imagesOf(one), imagesOf(other)),
        charts: versionChanges(chartsOf(one, before.releases), chartsOf(other, after.releases)),
        requests: { before: requestsOf(one), after: requestsOf(other) },
        skipped,
        withheld: skipped,
    };
    return { before: before.name, after: after.name, summary, components: byComponent(loud, [...one, ...other]) };
}

/** Pairs objects by what they are; then those left over that differ in a hash at the end of their names. */
function matched(before: Manifest[], after: Manifest[]): Pair[] {
    const pairs = new Map<string, Pair>();
    for (const manifest of before) pairs.set(identity(manifest), { before: manifest });
    for (const manifest of after) {
        const key = identity(manifest);
        pairs.set(key, { ...pairs.get(key), after: manifest });
    }
    const all = [...pairs.values()];
    const [gone, come] = [all.filter((pair) => !pair.after), all.filter((pair) => !pair.before)];
    for (const pair of gone) {
        const stem = stemOf(pair.before as Manifest);
        const likes = come.filter(({ after }) => after && stem && stemOf(after) === stem);
        const others = gone.filter(({ before }) => before && stemOf(before) === stem);
        if (likes.length !== 1 || others.length !== 1) continue;
        pair.after = likes[0].after;
        all.splice(all.indexOf(likes[0]), 1);
    }
    return all;
}

function identity({ apiVersion, kind, metadata }: Manifest, name = metadata.name): string {
    return [groupOf({ apiVersion }), kind, metadata.namespace ?? "", name].join("\0");
}

/** Part of an object's name that stays when the hash of its contents goes. */
function stemOf(manifest: Manifest): string | undefined {
    const [, stem] = /^(.+)-[0-9a-f]{8,}$/.exec(manifest.metadata.name) ?? [];
    return stem && identity(manifest, stem);
}

function objectDiff({ before, after }: Pair): ObjectDiff {
    const shown = (manifest?: Manifest) => manifest && readable(withoutIgnoredFields(manifest));
    const [one, other] = redacted(shown(before), shown(after));
    const { apiVersion, kind, metadata } = (after ?? before) as Manifest;
    const renamed = before && after && before.metadata.name !== after.metadata.name;
    const fields =
        one && other
            ? diff(one, other, "", (key) => key)
            : [{ path: "", ...(one ? { before: one } : {}), ...(other ? { after: other } : {}) }];
    return {
        operation: !before ? "added" : !after ? (keeps(before) ? "kept" : "removed") : renamed ? "renamed" : "changed",
        apiVersion,
        kind,
        ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
        name: metadata.name,
        ...(renamed ? { formerName: before.metadata.name } : {}),
        fields,
        lines: fields.length > 0 ? linesOf(one, other) : [],
        risks: risksOf({ before: one, after: other }, fields),
    };
}

/** Lines of context around a change. */
const context = 3;

function linesOf(before: Manifest | undefined, after: Manifest | undefined): string[] {
    // CRDs run to ten thousand lines, and are somebody else's: JSON, which is written in no time, will do.
    const text = (manifest: Manifest | undefined) =>
        manifest === undefined
            ? ""
            : manifest.kind === "CustomResourceDefinition"
              ? `${JSON.stringify(manifest, undefined, 1)}\n`
              : stringify(manifest, { lineWidth: 0 });
    const { hunks } = structuredPatch("", "", text(before), text(after), "", "", { context });
    return hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
        `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
        ...lines,
    ]);
}

function byComponent(diffs: ObjectDiff[], all: Manifest[]): ComponentDiff[] {
    const systems = new Map(
        all
            .filter(({ kind }) => kind === "Namespace")
            .map(({ metadata }) => [metadata.name, metadata.labels?.["data-platform.io/system"]]),
    );
    const components = new Map<string, ComponentDiff>();
    for (const diff of diffs) {
        const name = diff.namespace ?? "cluster";
        const system = systems.get(name);
        const component = components.get(name) ?? { name, ...(system ? { system } : {}), objects: [] };
        component.objects.push(diff);
        components.set(name, component);
    }
    const order = ({ kind, name }: ObjectDiff) => `${kind}\0${name}`;
    for (const { objects } of components.values()) objects.sort((one, other) => (order(one) < order(other) ? -1 : 1));
    return [...components.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}
