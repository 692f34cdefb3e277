import {
    isLiteral,
    isOpenConnection,
    isReference,
    isSecretKey,
    secretShapes,
    wordsOf,
} from "../../config/secret-words";
import type { Manifest } from "../../kubernetes/objects";
import { masked } from "../../program/mask";

type Group = Record<string, unknown>;

/** Replacement of a value that looks like a secret and wasn't there before. */
const renewed = "(masked, new value)";

/**
 * An object before and after, with what looks like a secret masked although nothing said that it is one: values under keys such as
 * `password` or `token`, passwords in addresses, keys and certificates in PEM, tokens of well-known form. That such a value is
 * another one than before is still seen; its length is not.
 *
 * Secrets that the program gave as such are masked long before (program/mask.ts); this is for what was written in clear by mistake.
 */
export function redacted(before?: Manifest, after?: Manifest): [Manifest | undefined, Manifest | undefined] {
    const known = new Set<string>();
    const one = before && redact(before, (secret) => (known.add(secret), masked));
    const replace = (secret: string) => (!before || known.has(secret) ? masked : renewed);
    return [one, after && redact(after, replace)];
}

/** A text with what looks like a secret masked, such as what a failed command said. */
export function redactedText(text: string): string {
    return inText(text, () => masked);
}

type Replace = (secret: string) => string;

function redact(manifest: Manifest, replace: Replace): Manifest {
    // Schemas speak of passwords, and hold none.
    if (manifest.kind === "CustomResourceDefinition") return manifest;
    return walk(manifest, "", replace, manifest.kind === "ConfigMap") as Manifest;
}

/** @param plain whether keys name plain values here, never a Secret that holds them */
function walk(value: unknown, key: string, replace: Replace, plain: boolean): unknown {
    if (typeof value === "string") {
        return isSecret(key, value, plain) ? replace(value) : inText(value, replace);
    }
    if (Array.isArray(value)) return value.map((each) => walk(each, "", replace, plain));
    if (typeof value !== "object" || value === null) return value;
    const group = value as Group;
    // An environment variable, or whatever else is a list of names and values.
    if (typeof group.name === "string" && typeof group.value === "string") {
        const hidden = isSecret(group.name, group.value, true);
        return { ...group, value: hidden ? replace(group.value) : inText(group.value, replace) };
    }
    return Object.fromEntries(Object.entries(group).map(([name, inner]) => [name, walk(inner, name, replace, plain)]));
}

function isSecret(key: string, value: string, plain: boolean): boolean {
    if (!isSecretKey(key) || value.includes(masked) || !isLiteral(value) || wordsOf(value) === wordsOf(key))
        return false;
    if (isOpenConnection(key, value)) return false;
    // `existingSecret: minio-root` names a Secret.
    return plain || !isReference(key) || !/^[a-z0-9./-]+$/.test(value);
}

const pem = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?(?:-----END \1-----|$)/g;
const pemInBase64 = /\bLS0tLS1[A-Za-z0-9+/=]{16,}/g;
const tokens = new RegExp(secretShapes.map(([shape]) => `(?:${shape.source})`).join("|"), "g");
/** A token as the user of an address, without a password. */
const tokenAsUser = /\b(https?:\/\/)([^\s/?#@:"'<>{}$()]{12,200})@/gi;
const userinfo = /\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/?#@:"'<>]{0,200}:)([^\s/?#@"'<>]+)@/gi;
/** `password=…`, `--token …`, `"secret": "…"` within a longer text. */
const assignment =
    /(^|[\s,;&?{"'-])(["']?)([A-Za-z][\w.-]{0,80})\2([ \t]*[:=][ \t]*|(?<=--[\w-]{1,80}) )("[^"\n]*"|'[^'\n]*'|[^\s"',;&}]+)/gm;

function inText(text: string, replace: Replace): string {
    if (text.length < shortest) return text;
    const labelled = (label: string, secret: string) => replace(secret).replace("masked", `masked ${label}`);
    return text
        .replace(pem, (whole, label: string) => labelled(label, whole))
        .replace(pemInBase64, (whole) => labelled("PEM", whole))
        .replace(userinfo, (whole, start: string, password: string) =>
            isLiteral(password) ? `${start}${replace(password)}@` : whole,
        )
        .replace(tokenAsUser, (whole, start: string, token: string) =>
            isLiteral(token) ? `${start}${replace(token)}@` : whole,
        )
        .replace(tokens, (whole) => replace(whole))
        .replace(assignment, (whole, start: string, quote: string, key: string, sign: string, value: string) => {
            const [, mark, bare] = /^(["']?)([\s\S]*)\1$/.exec(value) ?? ["", "", value];
            if (!isSecret(key, bare, !sign.includes(":"))) return whole;
            return `${start}${quote}${key}${quote}${sign}${mark}${replace(bare)}${mark}`;
        });
}

/** No assignment fits into less. */
const shortest = 6;
