import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { imageContext, imageNames } from "../../config/images";
import { type Published } from "../../config/published";
import { profileNames } from "../../config/schema";
import { project, readStackConfig, stackFile } from "../../program/stack-config";
import { repoRoot } from "../../lib/paths";
import { basesIn } from "../build/containerfile";
import { imagesOfStack, type UsedImage } from "./program";
import { parseReference, repositoryOf } from "./reference";
import { imageSettings } from "./settings";

/** The file, beside package-lock.json. */
export const lockFile = join(repoRoot, "images.lock.json");

/** An image that a stack of the project uses. */
export interface LockedImage {
    /** Of ours its name, under whatever registry; of others registry and path. */
    image: string;
    tag: string;
    /** Digest of the tag when the registry was asked last. @default null, it is not known */
    digest: string | null;
    /** Stacks whose pods run it. Empty for what only a setting asks for that none of them has. */
    stacks: string[];
    /** That setting. */
    when?: string;
    /** Namespaces of those pods, without the stack's name. */
    usedBy: string[];
}

/** Every image that the project's stacks use. */
export interface Lock {
    /** Says where the file comes from. */
    about: string;
    /** Built here (`make images`); the tag is a hash of what goes in. */
    ours: LockedImage[];
    /** Of upstream's charts and operators. */
    upstream: LockedImage[];
    /** Bases of our images, where an image registry can be reached; `usedBy` has the images. */
    bases: LockedImage[];
}

const about =
    "Written by `make images-lock`. Ours have no digest: their tag is a hash of their sources, and each registry holds its own build. docs/images.md";

/** The stacks that are in the project. */
export const lockedStacks: readonly string[] = profileNames;

/** Settings that no stack of the project has and that ask for further images, with the stack that is tried with them. */
const settings: Record<string, Record<string, unknown>> = {
    "autoscaling.keda: true": { autoscaling: { keda: true } },
    "orchestrator.dags.kind: git": {
        orchestrator: { dags: { kind: "git", repo: "https://git.example.com/team/dags.git" } },
    },
};
const tried = "dev";

/** The lock as the program and its versions have it, without digests. */
export async function currentLock(): Promise<Lock> {
    const lock: Lock = { about, ours: [], upstream: [], bases: basesOfImages() };
    // One after the other: an evaluation has the whole runtime of Pulumi.
    for (const stack of lockedStacks) {
        const { registry } = imageSettings({ stack });
        for (const used of await imagesOfStack({ stack, mirror: "none" })) note(lock, used, registry, { stack });
    }
    for (const [when, config] of Object.entries(settings)) {
        const { registry } = imageSettings({ stack: tried });
        const images = await imagesOfStack({ stack: tried, mirror: "none", config: withSettings(config) });
        for (const used of images) note(lock, used, registry, { when });
    }
    for (const list of [lock.ours, lock.upstream]) list.sort((one, other) => compare(keyOf(one), keyOf(other)));
    return lock;
}

function withSettings(config: Record<string, unknown>): Record<string, string> {
    const { values } = readStackConfig(stackFile(tried));
    const added = Object.entries(config).map(([key, value]) => [`${project}:${key}`, JSON.stringify(value)]);
    return { ...values, ...(Object.fromEntries(added) as Record<string, string>) };
}

function note(lock: Lock, { image, usedBy }: UsedImage, registry: string, by: { stack?: string; when?: string }): void {
    const own = isOurs(image, registry);
    const { tag = "latest" } = parseReference(image);
    const name = own ? image.slice(registry.length + 1, -tag.length - 1) : repositoryOf(image);
    const list = own ? lock.ours : lock.upstream;
    const there = list.find((each) => each.image === name && each.tag === tag);
    const systems = [...new Set([...(there?.usedBy ?? []), ...(by.stack || !there ? usedBy : [])])].sort();
    if (there) {
        if (by.stack) Object.assign(there, { stacks: [...there.stacks, by.stack] });
        there.usedBy = systems;
        return;
    }
    list.push({
        image: name,
        tag,
        digest: null,
        stacks: by.stack ? [by.stack] : [],
        ...(by.when ? { when: by.when } : {}),
        usedBy: systems,
    });
}

/** The images that Containerfiles begin with, by themselves. */
function basesOfImages(): LockedImage[] {
    const found = new Map<string, LockedImage>();
    for (const name of imageNames) {
        const text = readFileSync(join(repoRoot, imageContext(name).containerfile), "utf8");
        for (const { ref } of basesIn(text)) {
            const base = { image: repositoryOf(ref), tag: parseReference(ref).tag ?? "latest" };
            const known = found.get(keyOf(base)) ?? { ...base, digest: null, stacks: [], usedBy: [] };
            found.set(keyOf(base), { ...known, usedBy: [...new Set([...known.usedBy, name])].sort() });
        }
    }
    return [...found.values()].sort((one, other) => compare(keyOf(one), keyOf(other)));
}

/** Tells whether an image is one that we build: by `make images`, or by the sandbox for its node alone. */
export function isOurs(image: string, registry: string): boolean {
    return image.startsWith(`${registry}/`);
}

/** Tells whether `make images` builds it; the sandbox's others come out of Go modules. */
export function isBuiltEverywhere(name: string): boolean {
    return (imageNames as string[]).includes(name);
}

/** The digests of another lock, for what is in this one with the same tag. */
export function withDigests(lock: Lock, known: Lock | undefined): Lock {
    const digests = new Map(
        [...(known?.upstream ?? []), ...(known?.bases ?? [])].map((each) => [keyOf(each), each.digest]),
    );
    const filled = (list: LockedImage[]) =>
        list.map((each) => ({ ...each, digest: each.digest ?? digests.get(keyOf(each)) ?? null }));
    return { ...lock, upstream: filled(lock.upstream), bases: filled(lock.bases) };
}

/** An image's whole name, of ours without the registry. */
export function keyOf({ image, tag }: Pick<LockedImage, "image" | "tag">): string {
    return `${image}:${tag}`;
}

/** The lock as it is committed. */
export function readLock(): Lock {
    return JSON.parse(readFileSync(lockFile, "utf8")) as Lock;
}

/** Writes the lock; the same images give the same file. */
export async function writeLock(lock: Lock, file = lockFile): Promise<void> {
    await writeFile(file, textOf(lock));
}

/** JSON as prettier has it: short lists in one line. */
export function textOf(lock: Lock | Published): string {
    const text = JSON.stringify(lock, undefined, 4);
    return `${text.replace(/\[\s+((?:"[^"\n]*",?\s+)+)\]/g, (_, items: string) => `[${items.trim().replace(/,\s+/g, ", ")}]`)}\n`;
}

function compare(one: string, other: string): number {
    return one < other ? -1 : one > other ? 1 : 0;
}
