import { z } from "zod";

import { secretShape } from "./secret-words";
import { bucketNameProblem } from "./values/buckets";
import { timeZoneProblem } from "./values/time-zone";

// The types of text that the schema is made of. Each ends in a shell, an address, a properties file, a ConfigMap or a command line
// somewhere, so each says what it may be: test/unit/config/texts.test.ts refuses a key of the schema that is none of these.

const kinds = z.registry<{ kind: string }>();

/** Name of the type among these; undefined for another one. */
export function kindOf(type: z.core.$ZodType): string | undefined {
    return kinds.get(type)?.kind;
}

/** Control characters, those that end a line somewhere, those that turn the direction of writing, and halves of characters. */
const unprintable = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/u;

/** User, password or token before the host of an address. */
const userinfo = /(^|[a-z0-9+.-]:|["'\s(=,])\/\/[^\s/?#\\]*@/i;

/** The user that a server of git by SSH wants, mostly `git`: no secret, as no password stands behind it. */
const sshUser = /^ssh:\/\/[a-z_][a-z0-9_-]{0,31}@/;

/**
 * A text of one line, without a secret in it, that is what `pattern` says.
 *
 * @param kind Its name, for tests.
 * @param message What it must be, as the end of a sentence about the key.
 * @param rule One of config/values, which knows more than a pattern, and says what was meant. The pattern is for editors then.
 */
export function text(
    kind: string,
    pattern: RegExp,
    message: string,
    rule?: (value: string) => string | undefined,
): z.ZodString {
    const type = z
        .string()
        .superRefine((value, context) => {
            const problem = problemOf(value) ?? rule?.(value);
            if (problem) context.addIssue({ code: "custom", message: problem, continue: false });
        })
        .regex(pattern, message);
    kinds.add(type, { kind });
    return type;
}

/** Problem that no text of the config may have. Never quotes it: the value may be a secret. */
export function problemOf(value: string): string | undefined {
    if (unprintable.test(value)) {
        return "has a newline, another control character or half of a character in it; it must be one line of printable characters";
    }
    if (userinfo.test(value.replace(sshUser, "ssh://"))) {
        return "has a user, password or token in an address, and this stands in the clear in the state and in the cluster; take out what is before the @, and replace that secret: others may have read it";
    }
    const shape = secretShape(value);
    return shape
        ? `has ${shape} in it, and this stands in the clear in the state and in the cluster; take it out and replace it: others may have read it`
        : undefined;
}

/** A text that others gave as it is: it doesn't become a word of a command line. */
export const line = text("line", /^[^\n\r]*$/, "must be one line").max(4096);

/** A text that becomes a word of a command line: not one that is read as an option. */
export const argument = text(
    "argument",
    /^[^-\s](.*\S)?$/,
    "must neither begin with a dash nor begin or end with a space",
);

const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const port = "(:[0-9]{1,5})?";
/** This machine, the end of a tunnel: what goes over a network in the clear anybody there may change, and it runs in the cluster. */
const tunnel = "http://(localhost|127\\.0\\.0\\.1)(:\\d+)?";
const path = "(/[A-Za-z0-9._~%@:+,=&-]+)*/?";
const domain = "[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?";
const site = `${domain}(:[0-9]{1,5})?`;

/** A DNS name, lower case, two labels or more. */
export const hostName = text(
    "hostName",
    new RegExp(`^${label}(\\.${label})+$`),
    'must be a host name such as "airflow.example.com"',
).max(253);

/** A host as a client is told it: a name of any form, or an IPv4 address. */
export const host = text(
    "host",
    /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/,
    "must be a host name or an IPv4 address",
);

/** Host names, also with a wildcard and a port. */
export const hostPattern = text(
    "hostPattern",
    /^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/,
    'must be a host name such as "mlflow.example.com" or "*.example.com"',
);

/** A name of Kubernetes' objects of the cluster as a whole: a DNS name of one label or more. */
export const objectName = text(
    "objectName",
    new RegExp(`^${label}(\\.${label})*$`),
    'must be the name of an object in Kubernetes, such as "fast-ssd": lower-case letters, digits, dashes and dots',
).max(253);

/** A key of a label or an annotation: a name, or one after the domain that it belongs to. */
export const metadataKey = text(
    "metadataKey",
    new RegExp(`^((?=[^/]{1,253}/)${label}(\\.${label})*/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$`),
    'must be a key of Kubernetes\' such as "example.com/team"',
);

/** The value of a label of Kubernetes, or none. */
export const labelValue = text(
    "labelValue",
    /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/,
    "must be at most 63 letters, digits, dots, dashes and underscores, the first and last a letter or a digit",
);

/** A registry, and a path in it. */
export const registryPath = text(
    "registryPath",
    new RegExp(`^${label}(\\.${label})*${port}(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$`),
    'must be a registry path such as "registry.example.com/data-platform"',
);

/** A path below some directory; none leads out of it. */
export const relativePath = text(
    "relativePath",
    /^(?!\.?\.(\/|$))[A-Za-z0-9._][A-Za-z0-9._ -]*(\/(?!\.?\.(\/|$))[A-Za-z0-9._][A-Za-z0-9._ -]*)*\/?$/,
    'must be a folder such as "airflow/dags", without a slash at its beginning, without ".." and without a dash at the beginning of a name',
);

/** A server that speaks TLS: no path, so that it can stand in every client's settings. */
export const endpoint = text(
    "endpoint",
    /^https:\/\/[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5]))?\/?$/,
    'must be an "https://" address such as "https://s3.example.com:9000", without user, path and query',
);

/** Address of a repository of git: by HTTPS without a user, or by SSH with the user that the server wants. */
export const gitUrl = text(
    "gitUrl",
    new RegExp(
        `^(https://${site}${path}|ssh://[a-z_][a-z0-9_-]*@${site}${path}|[a-z_][a-z0-9_-]*@${domain}:(?!/)[A-Za-z0-9._~/-]+)$`,
    ),
    'must be an "https://" address such as "https://github.com/acme/dags", without user, query and fragment, or one of SSH such as "git@github.com:acme/dags.git" or "ssh://git@git.example.com:2222/acme/dags.git"',
);

const knownHost = /^\S{1,1024} (ssh-[a-z0-9]+|ecdsa-sha2-nistp\d{3}) [A-Za-z0-9+/]{32,8192}={0,2}( .*)?$/;

/** Keys of SSH servers, as ssh-keyscan prints them: lines of host, kind and key. */
export const knownHosts = z
    .string()
    .max(100_000)
    .refine((text) => {
        const lines = text.split(/\r?\n/).filter((each) => each.trim() !== "" && !each.startsWith("#"));
        return lines.length > 0 && lines.every((each) => knownHost.test(each));
    }, "must be the lines that `ssh-keyscan <host>` prints: host, kind of key and key");

/** A branch, a tag or a commit, by the rules of `git check-ref-format`. */
export const gitRef = text(
    "gitRef",
    /^(?!.*(\.\.|\/\/|\/\.|@\{|\.lock(\/|$)))[A-Za-z0-9_][A-Za-z0-9._/@+#=-]{0,254}(?<![./])$/,
    'must be a branch, tag or commit such as "main" or "release/1.2", not an option that begins with a dash',
);

/** A directory of the project, an address in a registry, or that of a repository of charts. */
export const chartSource = text(
    "chartSource",
    new RegExp(`^(\\./(?!\\S*\\.\\.(/|$))[A-Za-z0-9._/-]+|((oci|https)://${site}|${tunnel})${path})$`),
    'must be a directory of the project ("./charts/minio"), an "oci://" address or the "https://" address of a chart repository',
);

/** Files of the project, or the address of one. */
export const manifestSource = text(
    "manifestSource",
    new RegExp(
        `^(\\./(?!\\S*\\.\\.(/|$))[A-Za-z0-9._/*{},?\\[\\]-]+|(https://${site}|${tunnel})${path}(\\?[A-Za-z0-9._~%=&/-]+)?)$`,
    ),
    'must be a file or glob of the project ("./…") or an "https://" address',
);

/** Certificates, one after the other: the one text of several lines. No private key. */
export const certificatePem = z
    .string()
    .regex(
        /^\s*(-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+$/,
        "must be certificates in PEM",
    )
    .max(1_000_000);
kinds.add(certificatePem, { kind: "certificatePem" });
kinds.add(knownHosts, { kind: "knownHosts" });

/** A region as S3 knows it. */
export const region = text(
    "region",
    /^[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$/,
    'must be a region such as "us-east-1": letters, digits, dashes and underscores',
);

/** A zone of the tz database. */
export const timeZone = text(
    "timeZone",
    /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9][A-Za-z0-9_+-]*){0,2}$/,
    'must be a time zone such as "Etc/UTC" or "Europe/Berlin"',
    timeZoneProblem,
);

/** A bucket's name. */
export const bucketName = text(
    "bucketName",
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    "must be a bucket's name: 3 to 63 lower-case letters, digits, dashes and dots, a letter or digit first and last",
    bucketNameProblem,
);

/** Bound of a bucket's size. A bare number would be bytes, which nobody means. */
export const bucketQuota = text(
    "bucketQuota",
    /^(none|[1-9]\d*(\.\d+)?(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P))$/,
    'must be a size with its unit, such as "10Gi", or "none"',
);
