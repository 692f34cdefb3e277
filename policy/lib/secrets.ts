import { parse } from "yaml";

import { isPart, Leaf, Part, text, walk } from "./objects";

/** Keys whose value is a secret itself. */
const secretKey =
    /(password|passwd|pwd|passphrase|secret|token|credentials?|(secret|access|private|api|fernet|signing|encryption|account)[-_.]?key|dsn|connection[-_.]?string)$/i;

/** Keys that end so, but say where the secret is. */
const reference = /(existing|tls|volume|pull|image|ca)[-_.]?secret$/i;

/** Another place's value by its name: `$(PASSWORD)`, `${PASSWORD}`, `{{ .Values.password }}`. */
const borrowed = /^\s*(\$\([^)]*\)|\$\{[^}]*\}|\{\{.*\}\})\s*$/;

/** Texts that are secrets whatever their key says. */
const shapes: [RegExp, string][] = [
    [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, "a private key"],
    [/\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\./, "a signed token (JWT)"],
    [/\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@{}$()]+:[^\s/@{}$()]+@/i, "an address with a password in it"],
    [/\b(AKIA|ASIA)[0-9A-Z]{16}\b/, "an access key of AWS"],
    [/\b(gh[opsu]_[A-Za-z0-9]{36}|glpat-[\w-]{20}|xox[abp]-[\w-]{10,})/, "an access token"],
];

/** A secret in plain sight. */
export interface Found {
    path: string;
    /** What it is, never the secret itself. */
    what: string;
}

/** Where secrets stand in plain sight: by the name of their key, or by their own look. */
export function secretsIn(value: unknown): Found[] {
    return [...walk(value)].flatMap(found);
}

function found(leaf: Leaf): Found[] {
    const { path, value } = leaf;
    if (typeof value !== "string" || borrowed.test(value)) return [];
    const shape = shapes.find(([pattern]) => pattern.test(value));
    if (shape) return [{ path: path.join("."), what: shape[1] }];
    const key = nameOf(leaf);
    if (value !== "" && secretKey.test(key) && !reference.test(key)) {
        return [{ path: path.join("."), what: `a value for ${key}` }];
    }
    return secretsIn(inside(value)).map(({ path: inner, what }) => ({ path: [...path, inner].join("."), what }));
}

/** What a value is called: an environment variable has its name beside it. */
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
