import { UserError } from "../../lib/errors";

/** An image's name, taken apart. */
export interface Reference {
    /** Host of the registry, with its port if it has one. */
    registry: string;
    /** Path inside the registry, e.g. `strimzi/operator`. */
    path: string;
    tag?: string;
    /** `sha256:…` */
    digest?: string;
}

/** The registry and the folder that a name without them stands for. */
const hub = { registry: "docker.io", folder: "library" };

/**
 * An image's name taken apart as container engines do it: the first part is a registry only where it looks like a host.
 *
 * @throws UserError when it is no image's name
 */
export function parseReference(text: string): Reference {
    const found = /^([^@]+?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(text);
    const parts = found?.[1].split("/") ?? [];
    if (!found || parts.some((part) => part === "" || /\s/.test(part))) {
        throw new UserError(`"${text}" is no image's name`, {
            allowed: "[registry/]path[:tag][@digest], such as quay.io/strimzi/operator:1.2.0",
        });
    }
    const rest = { ...(found[2] ? { tag: found[2] } : {}), ...(found[3] ? { digest: found[3] } : {}) };
    const [first, ...others] = parts;
    if (others.length > 0 && (/[.:]/.test(first) || first === "localhost")) {
        return { registry: first, path: others.join("/"), ...rest };
    }
    return { registry: hub.registry, path: parts.length > 1 ? parts.join("/") : `${hub.folder}/${first}`, ...rest };
}

/** Registry and path, without what tells one build from another. */
export function repositoryOf(text: string): string {
    const { registry, path } = parseReference(text);
    return `${registry}/${path}`;
}

/** The whole name of an image: no short form, nothing left out. */
export function wholeName(text: string): string {
    const { tag, digest } = parseReference(text);
    return [repositoryOf(text), tag ? `:${tag}` : digest ? "" : ":latest", digest ? `@${digest}` : ""].join("");
}

/** The name without its digest; whole. */
export function withoutDigest(text: string): string {
    const { tag } = parseReference(text);
    return repositoryOf(text) + (tag ? `:${tag}` : "");
}

/** The name by digest alone, as programs that copy images take it. */
export function byDigest(text: string, digest: string): string {
    return `${repositoryOf(text)}@${digest}`;
}

/** Place of an image in a mirror: under upstream's own path. */
export function mirrored(text: string, mirror: string): string {
    const whole = wholeName(text);
    return mirror + whole.slice(parseReference(text).registry.length);
}
