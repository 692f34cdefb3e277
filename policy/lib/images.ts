import { isPart, Part, text, walk } from "./objects";

/** Says why an image may be another tomorrow, or undefined when it is always the same. */
export function looseness(image: string): string | undefined {
    if (/@sha256:[0-9a-f]{64}$/.test(image)) return undefined;
    const tag = /:([^/:@]+)$/.exec(image)?.[1];
    if (tag === undefined) return `${image} has neither tag nor digest`;
    return isMoving(tag) ? `${image} is another image from one day to the next` : undefined;
}

/** Images in the values of a chart that name a tag which moves. */
export function looseTags(values: unknown): { path: string; tag: string }[] {
    return [...walk(values)].flatMap(({ path, value, parent }) => {
        if (typeof value !== "string") return [];
        const key = path.at(-1) ?? "";
        const tag = isTag(key, path, parent) ? value : /(^|[a-z])image$/i.test(key) ? tagOf(value) : undefined;
        return tag !== undefined && isMoving(tag) ? [{ path: path.join("."), tag }] : [];
    });
}

function isTag(key: string, path: string[], parent: unknown): boolean {
    if (/(^|[a-z])(ImageTag|AirflowTag)$/.test(key)) return true;
    return key === "tag" && isPart(parent) && isImage(path, parent);
}

function isImage(path: string[], parent: Part): boolean {
    return text(parent, "repository") !== undefined || path.slice(0, -1).some((key) => /image/i.test(key));
}

function tagOf(image: string): string | undefined {
    return /:([^/:@]+)$/.exec(image)?.[1];
}

function isMoving(tag: string): boolean {
    return /^(latest|stable|edge|nightly|main|master|dev|canary|snapshot)$/i.test(tag);
}
