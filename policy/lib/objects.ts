/** A Kubernetes object, or a part of one, of which nothing is known yet. */
export type Part = Record<string, unknown>;

/** The part under a key, empty when there is none. */
export function part(from: unknown, ...path: string[]): Part {
    const found = at(from, ...path);
    return isPart(found) ? found : {};
}

/** The parts of a list under a key, none when there is no list. */
export function parts(from: unknown, ...path: string[]): Part[] {
    const found = at(from, ...path);
    return Array.isArray(found) ? found.filter(isPart) : [];
}

/** The text under a key, or undefined when there is something else. */
export function text(from: unknown, ...path: string[]): string | undefined {
    const found = at(from, ...path);
    return typeof found === "string" && found !== "" ? found : undefined;
}

/** Value under a key. */
export function at(from: unknown, ...path: string[]): unknown {
    return path.reduce<unknown>((value, key) => (isPart(value) ? value[key] : undefined), from);
}

/** One value inside of another, with the way to it. */
export interface Leaf {
    /** Keys and places from the top, e.g. `["env", "0", "value"]`. */
    path: string[];
    value: unknown;
    /** Map or list that holds it. */
    parent: Part | unknown[];
}

/** Every value inside, parts included, the outer before the inner. */
export function* walk(value: unknown, path: string[] = []): Generator<Leaf> {
    if (!Array.isArray(value) && !isPart(value)) return;
    for (const key of Object.keys(value)) {
        const inner = (value as Part)[key];
        yield { path: [...path, key], value: inner, parent: value };
        yield* walk(inner, [...path, key]);
    }
}

export function isPart(value: unknown): value is Part {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
