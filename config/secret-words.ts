// Words and shapes by which a secret is known: one list for the config's schema, the masking of what is printed, the comment on a pull
// request, and the policy pack. The pack is importable alone, so policy/lib/secret-words.ts is a copy of this file, held to it by a test.

/** `rootPassword`, `ROOT_PASSWORD` and `root.password` alike: `root password`. */
export function wordsOf(key: string): string {
    return key
        .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
        .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
        .toLowerCase()
        .split(/[^a-z0-9]+/)
        .filter(Boolean)
        .join(" ");
}

/** Last words of a key whose value is a secret itself. */
const ends = new RegExp(
    `(^| )(${[
        "pass|passwords?|passwd|pwd|passphrase|secret|token|credentials?|dsn|basic auth|auth pass|jaas config|connection string",
        "(api|access|private|secret|signing|encryption|fernet|account|shared|master|storage|sas|license) key",
        // Airflow's address of its database, with the password in it, and what says how to get it.
        "sql alchemy conn( async)?( cmd| secret)?",
    ].join("|")})$`,
);

/** The same run together. */
const run = /(password|passwd|passphrase|apikey|secretkey|accesskey|privatekey|authtoken|accesstoken|clientsecret)$/;

/** Keys of which only the beginning says it: an Airflow connection by its name, Azure's keys by the account's. */
const begins = /^airflow conn |(^| )azure (account key|sas( fixed token)?) /;

/** Hosts of Azure's storage, which Hadoop puts after the key's own name. */
const host = / [a-z0-9]+ (dfs|blob) core windows net$/;

/** Tells whether the value under a key is a secret itself, not the name or the place of one. */
export function isSecretKey(key: string): boolean {
    const words = wordsOf(key);
    const own = words.replace(host, "");
    return (ends.test(own) || run.test(own) || begins.test(words)) && !/^no /.test(own) && !injected.test(words);
}

/** Vault's annotations: the last words are a file's name, the value a path in Vault. */
const injected = /(^| )agent inject /;

/** A command that only reads the database's address out of a file, and names its driver. */
const reading = /^sed s\/\^postgresql:\/postgresql\+psycopg:\/ \/[\w./-]+$/;

/**
 * Tells whether a connection is one without a secret: an address that has nobody in it, a text of JSON, whose own keys tell, or a command
 * that reads a file. The platform's own are such; a stack's config may have none at all.
 */
export function isOpenConnection(key: string, value: string): boolean {
    const words = wordsOf(key);
    if (/(^| )sql alchemy conn( async)? cmd$/.test(words)) return reading.test(value);
    if (!/^airflow conn |(^| )sql alchemy conn( async)?$/.test(words)) return false;
    return /^[a-z][a-z0-9+.-]*:\/\/[^@]*$/i.test(value) || /^\s*\{/.test(value);
}

/** Keys that name a Secret, by the customs of Kubernetes and of charts. */
const reference =
    /^(secret|.*\b(existing|pull|tls|ssl|auth|credentials|metadata|broker|certificate|server|ca|user|from|volume|image|proxy ssl) secret)$/;

/** Tells whether a key names a Secret, so that its value is a name as Kubernetes takes it. */
export function isReference(key: string): boolean {
    return reference.test(wordsOf(key));
}

/** Texts that are secrets whatever their key says. */
export const secretShapes: readonly (readonly [RegExp, string])[] = [
    [/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/, "a private key"],
    [/\beyJ[\w-]{8,2000}\.eyJ[\w-]{8,2000}\.[\w-]{0,2000}/, "a signed token (JWT)"],
    [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/, "an access key of AWS"],
    [/\bgh[oprsu]_[A-Za-z0-9]{30,}/, "an access token of GitHub"],
    [/\bgithub_pat_\w{30,}/, "an access token of GitHub"],
    [/\bgl(?:pat|dt|rt|cbt|ptt|oas|soat|ft|agent)-[\w-]{20,}/, "an access token of GitLab"],
    [/\bxox[abeoprs]-[\w-]{10,}/, "an access token of Slack"],
    [/\bATATT3x[\w=-]{30,}/, "an access token of Atlassian"],
    [/\bAIza[\w-]{35}\b/, "an API key of Google"],
    [/\bhv[bsr]\.[\w-]{24,}/, "a token of Vault"],
    [/\bnpm_[A-Za-z0-9]{36}\b/, "an access token of npm"],
    [/\bdckr_pat_[\w-]{20,}/, "an access token of Docker Hub"],
];

/** User and password in an address: what stands before the @ of its host. A name that is filled in later is none. */
const userinfo = /\b[a-z][a-z0-9+.-]{0,20}:\/\/(?![^\s/?#@]*[{}$()][^\s/?#@]*@)[^\s/?#@]*:[^\s/?#@]+@/i;

/** Kind of secret that a text looks like, if it looks like one. */
export function secretShape(text: string): string | undefined {
    if (userinfo.test(text)) return "an address with a password in it";
    return secretShapes.find(([shape]) => shape.test(text))?.[1];
}

/** Tells whether it is a value, not a place or a name that one is taken from at run time. */
export function isLiteral(value: string): boolean {
    return value !== "" && !/^(true|false|null|none|\.?\.?\/|-(-|$)|file:|\$[\w({]|\{\{|%(\(|\w+%|s$))/i.test(value);
}

/** Tells whether a value is a secret by its key, and not the name of a Secret or the place of one. */
export function holdsSecret(key: string, value: string): boolean {
    return isSecretKey(key) && isLiteral(value) && !(isReference(key) && /^[a-z0-9./-]+$/.test(value));
}
