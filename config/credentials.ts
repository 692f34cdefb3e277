import type { Problem } from "./errors";
import type { PlatformConfig } from "./schema";

/** Longest that PostgreSQL itself takes, in bytes of UTF-8; tokens of git's hosts are shorter. */
const longest = 1024;

/**
 * What a password can't be. One of a server of ours is chosen for us, so its alphabet is one that every place takes; one that exists
 * already, of an external database or of a repository of git, is what it is.
 */
export function passwordRules({ credentials = {}, database }: PlatformConfig): Problem[] {
    return Object.entries(credentials).flatMap(([user, password]) => {
        const given = (user.startsWith("database.") && database.kind === "external") || user === "orchestrator.git";
        const message = given ? existing(password, user === "orchestrator.git") : chosen(password);
        return message ? [{ key: `credentials["${user}"]`, message }] : [];
    });
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
