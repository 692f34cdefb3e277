import type { Problem } from "../errors";
import { identified, objectStoreUsers } from "../object-store";
import { pullCredential, pullSecretProblem } from "../pull-secret";
import { publishedRegistry } from "../published";
import { secretPlaceholder } from "../secret";
import type { PlatformConfig } from "../schema";
import { databaseUsers } from "../sections/database";
import { orchestratorUsers } from "../sections/orchestrator";
import { trackingUsers } from "../sections/tracking";
import { problem, Rule } from "./rule";

/** Longest that PostgreSQL itself takes, in bytes of UTF-8; tokens of git's hosts are shorter. */
const longest = 1024;

/**
 * Problems of passwords. One of a server of ours is chosen for us, so its alphabet is one that every place takes; one that exists already,
 * of an external database, an external store or a repository of git, is what it is.
 */
export function passwordRules(config: PlatformConfig): Problem[] {
    return Object.entries(config.credentials ?? {}).flatMap(([user, password]) => {
        const message = problemOf(user, password, config);
        return message ? [{ key: `credentials["${user}"]`, message }] : [];
    });
}

function problemOf(
    user: string,
    password: string,
    { database, objectStore, images, orchestrator }: PlatformConfig,
): string | undefined {
    if (user === pullCredential)
        return pullSecretProblem(
            password,
            [images.registry, publishedRegistry(images), images.mirror].filter((each) => each !== undefined),
        );
    const [system] = user.split(".");
    if (system === "objectStore" && objectStore.kind === "external") {
        return user.endsWith(".accessKey") ? existingAccessKey(password) : existingSecretKey(password);
    }
    if (user === "orchestrator.gitKey") return sshKeyProblem(password);
    if (user === "orchestrator.webhook") return webhookProblem(password, orchestrator.onFailure);
    const isToken = user === "orchestrator.git";
    return isToken || (system === "database" && database.kind === "external")
        ? existing(password, isToken)
        : chosen(password);
}

function chosen(password: string): string | undefined {
    if (password.length < 16) return "must be at least 16 characters, not the one given";
    if (password.length > 128) return "must be at most 128 characters, not the one given";
    // Kafka's settings and tools take it in quotes and in files of their own syntax.
    return /^[A-Za-z0-9._~+=/-]*$/.test(password)
        ? undefined
        : "must be letters, digits and . _ ~ + = / - only, not the one given";
}

function existing(password: string, isLine: boolean): string | undefined {
    if (password === "") return "is empty; without a password nobody is let in";
    if (password.includes("\0"))
        return "has a NUL in it, which neither PostgreSQL nor git takes; set another one there";
    if (/\p{Cs}/u.test(password))
        return "has half of a character in it, which is no text in UTF-8; set another one there";
    if (Buffer.byteLength(password) > longest) return `must be at most ${longest} bytes in UTF-8, not the one given`;
    return isLine && /[\r\n]/.test(password)
        ? "has a newline in it, which git's protocol for credentials can't carry; look for one at its end"
        : undefined;
}

/** A private key as ssh-keygen writes it, without a passphrase: nobody is there to type it. */
function sshKeyProblem(key: string): string | undefined {
    if (key === secretPlaceholder) return undefined;
    const found =
        /^\s*-----BEGIN ((?:OPENSSH|RSA|EC) )?PRIVATE KEY-----\r?\n([^]*)-----END \1?PRIVATE KEY-----\s*$/.exec(key);
    if (!found) {
        return /PUBLIC KEY|^\s*(ssh|ecdsa)-/.test(key)
            ? "is a public key; the private one is wanted, whose file has no .pub at its end"
            : 'must be a private key as ssh-keygen writes it, whole, from "-----BEGIN" to its last line';
    }
    const locked = /ENCRYPTED/.test(key) || /bcrypt/.test(Buffer.from(found[2], "base64").toString("latin1"));
    return locked
        ? "has a passphrase, which nobody is there to type; make a key without one: ssh-keygen -N ''"
        : undefined;
}

/** The address of a webhook: whoever knows it may write there. */
function webhookProblem(address: string, to: PlatformConfig["orchestrator"]["onFailure"]): string | undefined {
    // Without the key of the host it is told to be of no use.
    if (address === secretPlaceholder || to === undefined) return undefined;
    const form = "must be an https:// address in one line, without user, password and fragment, not the one given";
    if (/[^\x21-\x7e]/.test(address) || !URL.canParse(address)) return form;
    const { protocol, hostname, port, username, password, hash } = new URL(address);
    if (protocol !== "https:" || `${username}${password}${hash}` !== "") return form;
    const wanted = to.port ?? 443;
    return hostname === to.host.toLowerCase() && Number(port || 443) === wanted
        ? undefined
        : `is an address of another host or port than orchestrator.onFailure has, ${to.host}:${wanted}, and the way is opened to that one only`;
}

/** It stands in the header of each request, between slashes and commas. */
function existingAccessKey(key: string): string | undefined {
    return /^[A-Za-z0-9._~$@:+-]{1,128}$/.test(key)
        ? undefined
        : "can't be an access key: 1 to 128 letters, digits and . _ ~ $ @ : + - only, not the one given";
}

/** It is one line of AWS' file of credentials, and inside of JSON for Airflow. */
function existingSecretKey(key: string): string | undefined {
    return /^(?!.*["\\])[\x21-\x7e]{1,1024}$/.test(key)
        ? undefined
        : 'must be 1 to 1024 printable characters of ASCII without spaces, " and \\, as stores give out; not the one given. Look for a newline at its end, or make another key';
}

/** Every user whose password a stack may give, as keys of `credentials`. */
export function passwordUsers({
    objectStore,
    eventStream,
    database,
    tracking,
    orchestrator,
}: Pick<PlatformConfig, "objectStore" | "eventStream" | "database" | "tracking" | "orchestrator">): string[] {
    const users = new Set([
        ...objectStoreUsers(objectStore),
        "eventStream.admin",
        // Strimzi's brokers know each other by certificates.
        ...(eventStream.kind === "kafka" ? ["eventStream.broker"] : []),
        ...eventStream.topics.flatMap(({ producers, consumers }) =>
            [...producers, ...consumers].map((app) => `eventStream.${app}`),
        ),
        ...databaseUsers(database),
        ...orchestratorUsers(orchestrator),
        ...trackingUsers(tracking),
    ]);
    return [...users].sort();
}

/** Passwords of users that there are none of. */
export const credentialsUsed: Rule = (config) => {
    // An application with both an identity and a key is told so by its own rule.
    const identities = identified(config.objectStore).flatMap((app) => [
        `objectStore.${app}`,
        `objectStore.${app}.accessKey`,
    ]);
    const users = [...passwordUsers(config), ...identities, pullCredential];
    const given = Object.keys(config.credentials ?? {});
    return [
        ...given.flatMap((key) =>
            problem(!users.includes(key), `credentials["${key}"]`, `names no user; there are ${users.join(", ")}`),
        ),
        ...problem(
            given.includes(pullCredential) && config.images.pullSecret !== undefined,
            "images.pullSecret",
            `names a login that is there already, and credentials["${pullCredential}"] gives one; take one of both out`,
        ),
    ];
};
