import type { ResourceRequest } from "./program";

/** What stands in a rendered manifest for each secret value. */
export const masked = "(masked)";

/** A resource's inputs with every value masked that the program gave as a secret, wherever it is. */
export function hideSecrets({
    inputs,
    secretPaths,
}: Pick<ResourceRequest, "inputs" | "secretPaths">): Record<string, unknown> {
    return secretPaths.reduce((whole, path) => hideAt(whole, path.split(".")) as Record<string, unknown>, inputs);
}

/** Keys may hold dots themselves, so the longest one that is there is taken at each turn. */
function hideAt(value: unknown, path: string[]): unknown {
    if (path.length === 0) return hidden(value);
    if (typeof value !== "object" || value === null) return value;
    for (let length = path.length; length > 0; length--) {
        const key = path.slice(0, length).join(".");
        if (!(key in value)) continue;
        const inner = hideAt((value as Record<string, unknown>)[key], path.slice(length));
        if (Array.isArray(value)) return value.map((item: unknown, index) => (String(index) === key ? inner : item));
        return { ...value, [key]: inner };
    }
    return value;
}

/** Of a group only the keys remain. */
function hidden(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(hidden);
    if (typeof value !== "object" || value === null) return masked;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, hidden(inner)]));
}
