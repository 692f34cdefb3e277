import { type ImageDigests } from "../../config/image-digests";
import { imageContext, type ImageName, imageNames } from "../../config/images";
import { type ImagePlatform } from "../../config/platforms";
import { publishedFile, publishedRef } from "../../config/published";
import { UserError } from "../../lib/errors";
import { knownDigests, recordDigests } from "./digests";
import { buildWithEngine, type Engine, findTool, pushWithEngine, requireEngine } from "./engines";
import { buildLists } from "./lists";
import { buildImages, imageRequest, localRegistry } from "./";
import { buildsObjectStore, imageSettings } from "../inventory/settings";
import { type Machine, planPlatforms, type PlatformPlan, requirePlatforms, thisMachine } from "./platforms";
import { isRecorded, missingOf, type Trust } from "./missing";
import { loadArchives, loadWithEngine, requireKind } from "./kind";
import { pushArchives } from "./push";
import { signedBy } from "./signatures";

/** Options of `make images`. */
export interface ImagesOptions {
    /** Builder; auto: the first that is there and answers. */
    tool: "auto" | "buildah" | Engine;
    /** The part of their names before the image. @default that of the stack */
    registry?: string;
    /** A stack whose `images.registry` is meant. @default none: names that are good on this machine only */
    stack?: string;
    /** Push them to that registry. @default false */
    push?: boolean;
    /**
     * With `push`: only those that the registry hasn't with contents to be trusted, by `digests` or `signer`: whoever may push can
     * give a tag to anything.
     * @default false
     */
    missing?: boolean;
    /** With `push`: a file of the project to which digests are written. @default none */
    digests?: string;
    /** Identity whose signature under an image is trusted: as in the certificate, a workflow's address for instance. @default nobody's */
    signer?: string;
    /**
     * Trust every image that has the right tag, for a registry that only throw-away stacks pull from: whoever may push there runs
     * their code in those stacks already.
     * @default false
     */
    trustTags?: boolean;
    /** Name of a kind cluster to load them into. @default none */
    kind?: string;
    /** What they are built for. @default `images.platforms` of the stack, else this machine's own */
    platform?: ImagePlatform[];
    /** The one that builds. @default this one */
    machine?: Machine;
}

/**
 * Builds images of the platform, all of them or those that are named, and brings them where a cluster pulls them from.
 *
 * @returns their whole names
 * @throws UserError when there is nothing to build, push or load them with, told before the work begins wherever that is known
 */
export async function makeImages(
    names: string[],
    {
        tool,
        push,
        missing,
        kind,
        digests,
        signer,
        trustTags,
        platform,
        machine = thisMachine,
        ...target
    }: ImagesOptions,
): Promise<string[]> {
    refusePublished(target);
    const registry = registryOf(target);
    const asked = names.length ? names.map(known) : imagesFor(registry, target);
    if (missing && !push) {
        throw new UserError("--missing asks the registry what it has already, so it goes with --push", {
            fix: "add --push (make: PUSH=1)",
        });
    }
    if (missing && !digests && !signer && !trustTags) {
        throw new UserError(
            "--missing leaves alone what the registry has, so it has to know whose contents are trusted",
            {
                allowed:
                    "--digests <file>, written by an earlier push; --signer <identity>, of the workflow that signs images",
                fix: "add one of them (make: DIGESTS=images.prod.json), or build all of them",
            },
        );
    }
    if (digests && !push) {
        throw new UserError("an image has its digest when it is pushed, so --digests goes with --push", {
            fix: "add --push (make: PUSH=1)",
        });
    }
    // What can't end well is told before anything is built.
    if (push) refuseLocal(registry, target);
    const { stack } = target;
    const ofStack = stack && target.registry === undefined ? imageSettings({ stack }).platforms : undefined;
    const plan = planPlatforms({ asked: platform, ofStack, stack, push, kind }, machine);
    if (kind) await requireKind(kind);
    const builder = tool === "auto" ? await findTool() : tool;
    const trusted = await trustOf({ digests, signer, trustTags });
    const { wanted, kept } = missing
        ? await missingOf(asked, registry, trusted, plan.named)
        : { wanted: asked, kept: {} };
    if (wanted.length > 0) await requirePlatforms(builder, plan, wanted, machine);
    const pushed = wanted.length > 0 ? await buildAndBring(wanted, registry, builder, plan, { push, kind }) : {};
    if (digests) await recordDigests(digests, { ...kept, ...pushed });
    return asked.map((name) => imageRequest(name, registry, plan.named).ref);
}

async function trustOf({
    digests,
    signer,
    trustTags,
}: Pick<ImagesOptions, "digests" | "signer" | "trustTags">): Promise<Trust> {
    if (trustTags) return () => Promise.resolve(true);
    return signer ? signedBy({ identity: signer }) : isRecorded(digests ? knownDigests(digests) : {});
}

/** Builds, and brings what was built where it is wanted; what a registry has then, by name. */
async function buildAndBring(
    names: readonly ImageName[],
    registry: string,
    builder: Engine | "buildah",
    { named, built: platforms }: PlatformPlan,
    { push, kind }: Pick<ImagesOptions, "push" | "kind">,
): Promise<ImageDigests> {
    if (builder === "buildah") {
        const built = await buildImages(names, registry, { named, platforms });
        const pushed = push ? await pushArchives(built) : {};
        if (kind) await loadArchives(built, kind);
        return pushed;
    }
    await requireEngine(builder);
    const requests = names.map((name) => imageRequest(name, registry, named));
    const refs = requests.map(({ ref }) => ref);
    if (platforms && push && (builder === "docker" || platforms.length > 1)) {
        return buildLists(builder, requests, platforms);
    }
    await buildWithEngine(builder, requests, platforms);
    const pushed = push ? await pushWithEngine(builder, refs) : {};
    if (kind) await loadWithEngine(builder, refs, kind);
    return pushed;
}

/**
 * All images that are built for whoever pulls from there. The object store is pulled from its own registry unless a stack says so, and what
 * is published as it is here needs no build.
 */
function imagesFor(
    registry: string,
    { stack, registry: named }: Pick<ImagesOptions, "stack" | "registry">,
): ImageName[] {
    const store = stack ? buildsObjectStore({ stack }) : registry === localRegistry;
    const choice = stack && named === undefined ? imageSettings({ stack }) : { registry };
    const isPublished = (name: ImageName) => publishedRef(name, imageContext(name).content, choice) !== undefined;
    return imageNames.filter((name) => (name !== "minio" || store) && !isPublished(name));
}

/** Refuses to build for a registry that isn't the stack's: pods would take what is published there, and not this. */
function refusePublished({ stack, registry }: Pick<ImagesOptions, "stack" | "registry">): void {
    if (!stack || registry !== undefined) return;
    const { isPublished, registry: published } = imageSettings({ stack });
    if (!isPublished) return;
    throw new UserError(`the stack ${stack} takes its images as they are published, so none has to be built`, {
        where: `${publishedFile}: ${published}`,
        fix: `to build what you have changed: pulumi config set --stack ${stack} --path data-platform:images.registry <your registry>, and --path data-platform:images.published ${publishedFile} for the others`,
    });
}

/** Registry of the images: the one that was named, or the one that the stack's pods pull from. */
function registryOf({ registry, stack }: Pick<ImagesOptions, "registry" | "stack">): string {
    return registry ?? (stack ? imageSettings({ stack }).registry : localRegistry);
}

function refuseLocal(registry: string, { stack }: Pick<ImagesOptions, "stack">): void {
    if (!registry.startsWith("localhost/")) return;
    throw new UserError(`images under ${registry} cannot be pushed: that is not a registry`, {
        where: stack ? `images.registry of the stack ${stack}` : "--registry",
        allowed: "the address of a registry and a path, e.g. ghcr.io/acme/data-platform",
        fix: "name a stack that has one with --stack (make: STACK=prod), or the registry with --registry (make: REGISTRY=…)",
    });
}

function known(name: string): ImageName {
    const found = imageNames.find((each) => each === name);
    if (found) return found;
    throw new UserError(`there is no image ${name}`, { allowed: imageNames.join(", ") });
}
