import { UserError } from "../../lib/errors";
import { isBuiltEverywhere, isOurs, keyOf, type Lock, readLock } from "./lock";
import { imagesOfStack } from "./program";
import { byDigest, mirrored, parseReference, withoutDigest } from "./reference";
import { imageSettings, type StackSource } from "./settings";

/** Images that an air-gapped registry has to hold for a stack. */
export interface MirrorList {
    stack: string;
    /** Registry path of our own images: `images.registry`. */
    registry: string;
    /** Registry path of upstream's: `images.mirror`, or what was named or supposed instead. */
    mirror: string;
    /** True if the stack itself says so; its pods pull from upstream's registries until it does. */
    inForce: boolean;
    images: MirroredImage[];
    /** Images that the stack's pods would still pull from where they are: the program names them without asking for a mirror. */
    elsewhere: string[];
}

export interface MirroredImage {
    /** Present place of the image; by digest where images.lock.json has one. */
    source: string;
    /** @default it is not known */
    digest?: string;
    /** Place that the cluster pulls it from. */
    target: string;
    /** Built by `make images`. */
    ours: boolean;
    /** Namespaces of the pods, without the stack's name. */
    usedBy: string[];
}

interface Options extends StackSource {
    /** The program, a module path. @default the project's index.ts */
    program?: string;
    /** Registry path for upstream's images. @default `images.mirror` of the stack; `mirror` beside our own images if it says none */
    mirror?: string;
    /** @default images.lock.json */
    lock?: Lock;
    /** Registry path where our own images are now. @default where the stack's pods pull them from */
    from?: string;
}

/**
 * Sources and targets of every image that a stack uses. The program is evaluated with the mirror and without, so a target is what
 * the stack's pods will ask for, and not what they should.
 *
 * @throws UserError when the stack's images are on this machine only
 */
export async function mirrorList(options: Options): Promise<MirrorList> {
    const { stack, from } = options;
    const settings = imageSettings(options);
    const { registry, isPublished = false } = settings;
    if (registry.startsWith("localhost/")) {
        throw new UserError(`the stack ${stack} takes its images from this machine, not from a registry`, {
            where: `images.registry of the stack ${stack}: ${registry}`,
            fix: "name a stack that has a registry: --stack prod",
        });
    }
    const mirror = options.mirror ?? settings.mirror ?? `${registry.split("/")[0]}/mirror`;
    const upstream = await imagesOfStack({ ...options, mirror: "none" });
    const asked = new Set((await imagesOfStack({ ...options, mirror })).map(({ image }) => image));
    const digests = new Map((options.lock ?? readLock()).upstream.map((each) => [keyOf(each), each.digest]));
    const images: MirroredImage[] = [];
    const elsewhere: string[] = [];
    for (const { image, usedBy } of upstream) {
        const ours = isOurs(image, registry) && !isPublished;
        const name = ours ? image.slice(registry.length + 1) : "";
        const target = ours ? image : mirrored(image, mirror);
        const digest = ours ? undefined : (parseReference(image).digest ?? digests.get(image) ?? undefined);
        if (!asked.has(target)) elsewhere.push(image);
        else if (ours && from && isBuiltEverywhere(name.split(":")[0])) {
            images.push({ source: `${from}/${name}`, target, ours, usedBy });
        } else {
            // What is copied is what the lock has, whatever the tag stands for by now; the copy has the tag.
            const source = digest ? byDigest(image, digest) : image;
            images.push({ source, target: withoutDigest(target), ours, usedBy, ...(digest ? { digest } : {}) });
        }
    }
    const listed = new Set(images.map(({ target }) => target));
    const others = [...asked].filter((image) => !listed.has(withoutDigest(image)) && !elsewhere.includes(image));
    elsewhere.push(...others);
    return { stack, registry, mirror, inForce: mirror === settings.mirror, images, elsewhere };
}
