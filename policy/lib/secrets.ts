import { parse } from "yaml";

import { isPart, Leaf, Part, text, walk } from "./objects";
import { isOpenConnection, isReference, isSecretKey, secretShape, wordsOf } from "./secret-words";

/** Another place's value by its name: `$(PASSWORD)`, `${PASSWORD}`, `{{ .Values.password }}`. */
const borrowed = /^\s*(\$\([^)]*\)|\$\{[^}]*\}|\{\{.*\}\})\s*$/;

/** A secret in plain sight. */
export interface Found {
    path: string;
    /** Kind of the secret, never the secret itself. */
    what: string;
}

/** Finds secrets in plain sight: by the name of their key, or by their own look. */
export function secretsIn(value: unknown): Found[] {
    return [...walk(value)].flatMap(found);
}

function found(leaf: Leaf): Found[] {
    const { path, value } = leaf;
    if (typeof value !== "string" || borrowed.test(value)) return [];
    const shape = secretShape(value);
    if (shape) return [{ path: path.join("."), what: shape }];
    const key = nameOf(leaf);
    if (value !== "" && isSecretKey(key) && !namesSecret(key, value) && !isOpenConnection(key, value)) {
        return [{ path: path.join("."), what: `a value for ${key}` }];
    }
    return secretsIn(inside(value)).map(({ path: inner, what }) => ({ path: [...path, inner].join("."), what }));
}

/** Tells whether it is the name of a Secret. A key that is called `secret` and nothing else may be anything. */
function namesSecret(key: string, value: string): boolean {
    return isReference(key) && wordsOf(key) !== "secret" && /^[a-z0-9./-]+$/.test(value);
}

/** Name of a value: an environment variable has its name beside it. */
function nameOf({ path, parent }: Leaf): string {
    const key = path.at(-1) ?? "";
    if (key === "value") return text(parent as Part, "name") ?? key;
    // With a Secret named beside it, this is the name of a key in there.
    return isPart(parent) && key === "secretKey" && text(parent, "secretName") ? "" : key;
}

/** Charts take lists and maps as texts, too. */
function inside(value: string): unknown {
    if (!/^\s*([[{]|- )/.test(value)) return undefined;
    try {
        return parse(value) as unknown;
    } catch {
        return undefined;
    }
}
