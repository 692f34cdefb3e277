import { formsOf } from "../config/secret-forms";
import type { ResourceRequest } from "../program/program";

/** What stands in a rendered manifest for each secret value. */
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

/** Shorter ones would mask ordinary words. */
const shortest = 8;

/**
 * Texts without the secrets of a stack's config, should the program have put one where it isn't marked as such, in each
 * form that it may be written in.
 */
export function hideTexts<Key>(texts: ReadonlyMap<Key, string>, secrets: string[]): Map<Key, string> {
    const forms = secrets
        .filter((secret) => secret.length >= shortest)
        .flatMap(formsOf)
        // The longest first: none is a part of another one then.
        .sort((one, other) => other.length - one.length);
    const hide = (text: string) => forms.reduce((clean, form) => clean.replaceAll(form, masked), text);
    return new Map(forms.length === 0 ? texts : [...texts].map(([key, text]) => [key, hide(text)] as const));
}

/** Every text in a value of the config. */
export function textsIn(value: unknown): string[] {
    if (typeof value === "string") return [value];
    return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
