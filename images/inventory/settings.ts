import { publishedOf, publishedRegistry } from "../../config/published";
import { profiles } from "../../config/profiles";
import { type ImagePlatform, imagePlatforms } from "../../config/platforms";
import { schema } from "../../config/schema";
import { groupOf, project, readStackConfig, stackFile } from "../../program/stack-config";
import { UserError } from "../../lib/errors";

/** Source of a stack's config. */
export interface StackSource {
    stack: string;
    /** @default Pulumi.<stack>.yaml */
    configFile?: string;
    /** Text by full key, instead of the file. */
    config?: Record<string, string>;
}

/** Settings that decide about the source of a stack's images. */
export interface ImageSettings {
    /** Registry path of our own images; where the stack has none, that of the images which are published. */
    registry: string;
    /** True if that is not the stack's own. */
    isPublished?: boolean;
    /** File of the published images that the stack takes. @default none */
    published?: string;
    /** Registry path that mirrors upstream's. */
    mirror?: string;
    /** Platforms of our own images. @default the usual one */
    platforms?: ImagePlatform[];
}

/** The key of a stack file that has them. */
export const imagesKey = `${project}:images`;

/**
 * `images` of a stack file, with the defaults of its profile.
 *
 * @throws UserError when there is no such stack file, or it names no registry that could be one
 */
export function imageSettings({ stack, config, configFile }: StackSource): ImageSettings {
    const { values } = config ? { values: config } : readStackConfig(configFile ?? stackFile(stack));
    const own = imagesGroup(values);
    const { registry: said, mirror, platforms, published } = { ...profileOf(values)?.images, ...own };
    const choice = { registry: said, published, platforms };
    const registry = said ?? publishedRegistry(choice);
    const known = schema.shape.images.shape.registry.safeParse(registry);
    if (!known.success || known.data === undefined) {
        throw new UserError(
            `the stack ${stack} ${registry === undefined ? "names no registry" : `names a registry that can't be one: ${String(registry)}`}`,
            {
                where: `images.registry in Pulumi.${stack}.yaml`,
                allowed: "a registry path such as ghcr.io/acme/data-platform",
                fix: "set it there and build: make images; or take a version whose images are published (images/published.json)",
            },
        );
    }
    const knownPlatforms = schema.shape.images.shape.platforms.safeParse(platforms);
    if (!knownPlatforms.success) {
        throw new UserError(`the stack ${stack} names platforms that images can't be built for`, {
            where: `images.platforms in Pulumi.${stack}.yaml`,
            allowed: `a list of ${imagePlatforms.join(", ")}`,
        });
    }
    return {
        registry: known.data,
        ...(said === undefined ? { isPublished: true } : {}),
        ...(publishedOf(choice) === undefined ? {} : { published: publishedOf(choice) }),
        ...(mirror ? { mirror } : {}),
        ...(knownPlatforms.data ? { platforms: knownPlatforms.data } : {}),
    };
}

/** The group as it stands in a config; nothing where it can't be read, which the program itself tells of. */
export function imagesGroup(values: Record<string, string>): Partial<ImageSettings> {
    return groupOf(values, "images") ?? {};
}

/** Tells whether a stack runs the object store that is built of images/minio, and not the one out of a registry. */
export function buildsObjectStore({ stack, config, configFile }: StackSource): boolean {
    const { values } = config ? { values: config } : readStackConfig(configFile ?? stackFile(stack));
    const own = (groupOf(values, "objectStore") ?? {}) as { kind?: string; image?: string };
    if (own.kind === "external") return false;
    return (own.image ?? profileOf(values)?.objectStore.image) === "built";
}

function profileOf(values: Record<string, string>) {
    const name = values[`${project}:profile`];
    return Object.hasOwn(profiles, name) ? profiles[name as keyof typeof profiles] : undefined;
}
