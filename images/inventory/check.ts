import { UserError } from "../../lib/errors";
import { isOurs, keyOf, type Lock, readLock } from "./lock";
import { imagesOfStack } from "./program";
import { mirrored, parseReference, withoutDigest } from "./reference";
import { digestOf, NoDigest } from "./registry";
import { imageSettings, type StackSource } from "./settings";

/** Result of the check of others' images in a stack. */
export interface Held {
    /** Number of instances. */
    images: number;
    /** Problems that keep the stack from being released, a line each. */
    problems: string[];
    /** Remarks on what could not be checked, for a reason that doesn't. */
    notes: string[];
}

interface Options extends StackSource {
    /** The program, a module path. @default the project's index.ts */
    program?: string;
    /** Ask no registry: only whether the lock has what the stack pulls. @default false */
    offline?: boolean;
    /** @default images.lock.json */
    lock?: Lock;
    /** Digest that a registry has for a name. @default it is asked */
    ask?: (image: string) => Promise<string>;
}

/**
 * Holds a stack's images, but for our own, to the lock: each has to be in it with a digest, and where the stack pulls it from, its tag
 * has to stand for that digest still.
 */
export async function heldToLock({ offline, lock = readLock(), ask = digestOf, ...source }: Options): Promise<Held> {
    const { registry, mirror } = imageSettings(source);
    const locked = new Map(lock.upstream.map((each) => [keyOf(each), each.digest]));
    const used = (await imagesOfStack({ ...source, mirror: "none" })).filter(({ image }) => !isOurs(image, registry));
    const held: Held = { images: used.length, problems: [], notes: [] };
    // What ours are built over is taken by digest when they are built; here it only has to have one.
    for (const base of lock.bases) {
        if (base.digest === null)
            held.problems.push(`${keyOf(base)}, which ours are built over, has no digest in images.lock.json`);
    }
    for (const { image } of used) {
        const { digest: own } = parseReference(image);
        const digest = own ?? locked.get(image);
        if (digest === undefined) held.problems.push(`${image} is not in images.lock.json`);
        else if (digest === null) held.problems.push(`${image} has no digest in images.lock.json`);
        else if (!offline) {
            const from = withoutDigest(mirror ? mirrored(image, mirror) : image);
            await compare({ image, from, digest, mirror, ask }, held);
        }
    }
    return held;
}

interface Question {
    image: string;
    from: string;
    digest: string;
    mirror?: string;
    ask: (image: string) => Promise<string>;
}

async function compare({ image, from, digest, mirror, ask }: Question, held: Held): Promise<void> {
    try {
        // What the program itself names by digest can't be another.
        const found = parseReference(image).digest ?? (await ask(from));
        if (found !== digest) held.problems.push(`${from} stands for ${found} now; images.lock.json has ${digest}`);
    } catch (error) {
        if (!(error instanceof UserError)) throw error;
        const line = [error.message, ...(error.details.evidence ?? [])].join(": ");
        // A mirror may be within reach of the cluster only; what got into it was copied by digest.
        const unreachable = error instanceof NoDigest && error.status === undefined;
        (mirror && unreachable ? held.notes : held.problems).push(line);
    }
}
