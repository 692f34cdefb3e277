/**
 * Forms in which a secret may show up: as it is, in base64, as a part of a URL (by JavaScript's rules and by those that leave less as it
 * is), within a text of JSON, and with its quotes escaped for a shell.
 */
export function formsOf(secret: string): string[] {
    const url = encodeURIComponent(secret.replace(/\p{Surrogate}/gu, "\ufffd"));
    const strict = url.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
    return [
        ...new Set([
            secret,
            Buffer.from(secret).toString("base64"),
            url,
            strict,
            JSON.stringify(secret).slice(1, -1),
            secret.replaceAll("'", "'\\''"),
        ]),
    ];
}
