import type { ResourceRequest } from "./program";

/** Replacement of each secret value in a rendered manifest. */
export const masked = "(masked)";

/** A resource's inputs with every value masked that the program gave as a secret, wherever it is. */
export function hideSecrets(request: ResourceRequest): Record<string, unknown> {
    const { inputs, secretPaths, exactSecrets = secretPaths.map((path) => path.split(".")) } = request;
    return exactSecrets.reduce<unknown>(hideAt, inputs) as Record<string, unknown>;
}

function hideAt(value: unknown, [key, ...rest]: string[]): unknown {
    if (key === undefined) return hidden(value);
    if (typeof value !== "object" || value === null || !(key in value)) return value;
    const inner = hideAt((value as Record<string, unknown>)[key], rest);
    return Array.isArray(value)
        ? value.map((item: unknown, index) => (String(index) === key ? inner : item))
        : { ...value, [key]: inner };
}

/** Of a group only the keys remain. */
function hidden(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(hidden);
    if (typeof value !== "object" || value === null) return masked;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, hidden(inner)]));
}
