import { join } from "node:path";

import { stringify } from "yaml";

import { UserError } from "../lib/errors";
import { groupOf, type Manifest } from "../kubernetes/objects";
import type { DeclaredObject } from "../program/collect";
import { masked } from "../program/mask";

/** A stack as files: text by relative path, in stable order. */
export type Tree = Map<string, string>;

/** Form of CRDs in a tree. */
export type DefinitionForm = "whole" | "names";

/** Readers as of YAML 1.1, as most are, take `on` for true and `2026-02-12` for a date where that isn't quoted. */
const style = { lineWidth: 0, compat: "yaml-1.1" } as const;

/** One file an object. @throws UserError when two resources make the same object */
export function treeOf(
    objects: DeclaredObject[],
    definitions: DefinitionForm,
): { tree: Tree; paths: Map<DeclaredObject, string> } {
    const paths = new Map<DeclaredObject, string>();
    const files = new Map<string, DeclaredObject & { text: string }>();
    for (const object of objects) {
        const { manifest, urn } = object;
        const [plain, withGroup] = pathsOf(manifest);
        const there = files.get(plain);
        const path = there && groupOf(there.manifest) !== groupOf(manifest) ? withGroup : plain;
        const same = files.get(path);
        if (same && same.urn !== urn) {
            throw new UserError(`two resources make the same object, ${manifest.kind} ${manifest.metadata.name}`, {
                where: `${same.urn} and ${urn}`,
                fix: "give one of them another name",
            });
        }
        const own = free(path, files);
        paths.set(object, own);
        files.set(own, { manifest, urn, text: textOf(manifest, definitions) });
    }
    const tree = new Map(
        [...files].map(([path, { text }]) => [path, text] as const).sort(([one], [other]) => one.localeCompare(other)),
    );
    return { tree, paths };
}

/** A chart may have one object twice, as a hook and as itself. */
function free(path: string, files: ReadonlyMap<string, unknown>): string {
    for (let number = 2, free = path; ; number++, free = path.replace(/\.yaml$/, `.${number}.yaml`)) {
        if (!files.has(free)) return free;
    }
}

function textOf(manifest: Manifest, definitions: DefinitionForm): string {
    if (manifest.kind !== "CustomResourceDefinition") return stringify(withoutValues(manifest), style);
    // JSON is YAML as well, and is written in no time: these run to ten thousand lines each.
    return definitions === "whole" ? `${JSON.stringify(manifest, undefined, 1)}\n` : stringify(named(manifest), style);
}

/** Of a CRD: which kinds and versions. */
function named(manifest: Manifest): Manifest {
    const { group, names, scope, versions } = manifest.spec as Record<string, unknown> & {
        versions: { name: string }[];
    };
    return { ...manifest, spec: { group, names, scope, versions: versions.map(({ name }) => name) } };
}

function withoutValues(manifest: Manifest): Manifest {
    if (manifest.kind !== "Secret") return manifest;
    const hide = (values: unknown) =>
        values && Object.fromEntries(Object.keys(values as object).map((key) => [key, masked]));
    const { data, stringData, ...rest } = manifest;
    return {
        ...rest,
        ...(data ? { data: hide(data) } : {}),
        ...(stringData ? { stringData: hide(stringData) } : {}),
    } as Manifest;
}

/** `<namespace>/<Kind>.<name>.yaml`, what has no namespace under `cluster`; and the same with the group, for kinds of one name. */
function pathsOf(manifest: Manifest): [string, string] {
    const { kind, metadata } = manifest;
    const [folder, name] = [metadata.namespace ?? "cluster", metadata.name.replaceAll(":", ".")];
    return [join(folder, `${kind}.${name}.yaml`), join(folder, `${kind}.${groupOf(manifest) || "core"}.${name}.yaml`)];
}
