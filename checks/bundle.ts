import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Tree } from "../render/tree";
import { extract } from "../kubernetes/pods";
import {
    type LocatedObject,
    type Manifest,
    nameOf,
    releaseKind,
    readObjects,
    withoutNulls,
} from "../kubernetes/objects";
import { type Finding } from "./finding";

/** Input of the checks of one stack: each object in a file of its own, hidden ones brought to light. */
export interface Bundle {
    stack: string;
    /** Holds the files, and whatever a tool writes beside them. */
    dir: string;
    /** The folder of the objects' files. */
    objectsDir: string;
    /** Objects by the name of their file, without its folder. */
    objects: Map<string, LocatedObject>;
    /** Whole CRDs that the stack brings along. */
    definitions: Manifest[];
    /** Releases whose chart wasn't at hand, by their values. */
    releases: Manifest[];
    /** Namespaces in which pods are missing, because a chart wasn't at hand. */
    partial: Set<string>;
    /** Objects that no tool can check, and why. */
    unchecked: string[];
    /** Problems that the search for hidden objects has found. */
    findings: Finding[];
    /** Removes the files. */
    remove(): Promise<void>;
}

/** Lays the objects of a rendered tree out for the checks. To be removed by the caller. */
export async function bundle(stack: string, tree: Tree, definitions: Manifest[] = []): Promise<Bundle> {
    return bundleOf(stack, objectsOf(tree), definitions);
}

/** Lays objects out for the checks. To be removed by the caller. */
export async function bundleOf(stack: string, given: LocatedObject[], own: Manifest[] = []): Promise<Bundle> {
    const releases = given.filter(({ manifest }) => manifest.kind === releaseKind);
    const definitions = given.filter(({ manifest }) => manifest.kind === "CustomResourceDefinition");
    const plain = given.filter((each) => !definitions.includes(each) && !releases.includes(each));
    const hidden = extract([...plain, ...releases]);
    const dir = await mkdtemp(join(tmpdir(), `data-platform-checks-${stack}-`));
    const objectsDir = join(dir, "objects");
    await mkdir(objectsDir);
    const objects = new Map<string, LocatedObject>();
    for (const located of [...plain, ...hidden.objects]) {
        const manifest = withoutNulls(located.manifest);
        const file = `${String(objects.size).padStart(4, "0")}.json`;
        objects.set(file, { ...located, manifest });
        await writeFile(join(objectsDir, file), JSON.stringify(manifest, undefined, 1));
    }
    return {
        stack,
        dir,
        objectsDir,
        objects,
        definitions: own,
        releases: releases.map(({ manifest }) => manifest),
        partial: new Set(releases.map(({ manifest }) => manifest.metadata.namespace ?? "")),
        unchecked: [
            ...releases.map(({ manifest }) => `${nameOf(manifest)}: its chart is not at hand, it stands by its values`),
            ...(definitions.length
                ? [`${definitions.length} CustomResourceDefinitions: upstream's, rendered in short`]
                : []),
            ...hidden.assumed,
        ],
        findings: hidden.unreadable.map(({ object, reason }) => ({
            tool: "extraction",
            check: "readable",
            object: nameOf(object.manifest),
            origin: object.origin,
            message: reason,
        })),
        remove: () => rm(dir, { recursive: true, force: true }),
    };
}

/**
 * The objects of a rendered tree, lists taken apart. Text is read as kubectl and Python's yaml read it, by YAML 1.1: what they
 * would take for another type is another type here too.
 */
export function objectsOf(tree: Tree): LocatedObject[] {
    return [...tree].flatMap(([path, text]) => readObjects(text).map((manifest) => ({ manifest, origin: path })));
}
