import { type ImageName, imageNames } from "../../config/images";
import { UserError } from "../lib/errors";
import { buildWithEngine, type Engine, findTool, pushWithEngine, requireEngine } from "./engines";
import { buildImages, imageRequest, localRegistry } from "./index";
import { buildsObjectStore, imageSettings } from "./inventory/settings";
import { missingOf } from "./missing";
import { loadArchives, loadWithEngine, requireKind } from "./kind";
import { pushArchives } from "./push";

/** What `make images` is told. */
export interface ImagesOptions {
    /** What builds them; auto: the first that is there and answers. */
    tool: "auto" | "buildah" | Engine;
    /** The part of their names before the image. @default that of the stack */
    registry?: string;
    /** A stack whose `images.registry` is meant. @default none: names that are good on this machine only */
    stack?: string;
    /** Push them to that registry. @default false */
    push?: boolean;
    /** With `push`: only those that the registry hasn't; a tag is a hash of what goes into the image. @default false */
    missing?: boolean;
    /** Name of a kind cluster to load them into. @default none */
    kind?: string;
}

/**
 * Builds images of the platform, all of them or those that are named, and brings them where a cluster pulls them from.
 *
 * @returns their whole names
 * @throws UserError when there is nothing to build, push or load them with, told before the work begins wherever that is known
 */
export async function makeImages(
    names: string[],
    { tool, push, missing, kind, ...target }: ImagesOptions,
): Promise<string[]> {
    const registry = registryOf(target);
    const asked = names.length ? names.map(known) : imagesFor(registry, target);
    if (missing && !push) {
        throw new UserError("--missing asks the registry what it has already, so it goes with --push", {
            fix: "add --push (make: PUSH=1)",
        });
    }
    // What can't end well is told before anything is built.
    if (push) refuseLocal(registry, target);
    if (kind) await requireKind(kind);
    const builder = tool === "auto" ? await findTool() : tool;
    const wanted = missing ? await missingOf(asked, registry, builder) : asked;
    const all = asked.map((name) => imageRequest(name, registry).ref);
    if (wanted.length === 0) return all;
    if (builder === "buildah") {
        const built = await buildImages(wanted, registry);
        if (push) await pushArchives(built);
        if (kind) await loadArchives(built, kind);
    } else {
        await requireEngine(builder);
        const requests = wanted.map((name) => imageRequest(name, registry));
        const refs = requests.map(({ ref }) => ref);
        await buildWithEngine(builder, requests);
        if (push) await pushWithEngine(builder, refs);
        if (kind) await loadWithEngine(builder, refs, kind);
    }
    return all;
}

/** All images that are built for whoever pulls from there. The object store is pulled from its own registry unless a stack says so. */
function imagesFor(registry: string, { stack }: Pick<ImagesOptions, "stack">): ImageName[] {
    const store = stack ? buildsObjectStore({ stack }) : registry === localRegistry;
    return imageNames.filter((name) => name !== "minio" || store);
}

/** Where the images go: what was named, or what the stack's pods pull from. */
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
