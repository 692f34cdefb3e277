// What makes a comment, or an issue, one of ours: its first line, which nobody sees.
import { UserError } from "../../lib/errors";

/** Bytes of a body that we post. GitHub takes 65,536 characters; counting bytes is safe, whatever they are. */
export const maxBodyBytes = 65_000;

const names = /^[a-z][a-z0-9-]{0,39}$/;

/**
 * The first line of a body.
 *
 * @param name what it is about, e.g. `diff`
 */
export function marker(name: string): string {
    if (names.test(name)) return `<!-- data-platform:${name} -->`;
    throw new UserError(`${JSON.stringify(name)} is no name of a marker`, {
        allowed: "up to 40 lower-case letters, digits and dashes, a letter first, e.g. diff",
    });
}

/** Tells whether a body begins with a marker. */
export function hasMarker(body: string | null | undefined, name: string): boolean {
    return /^[^\r\n]*/.exec(body ?? "")?.[0].trimEnd() === marker(name);
}

/** A body with its marker as the first line; one that has it already stays as it is. */
export function withMarker(body: string, name: string): string {
    return hasMarker(body, name) ? body : `${marker(name)}\n${body}`;
}

/**
 * Refuses what GitHub wouldn't take, or would cut.
 *
 * @throws UserError
 */
export function checkSize(body: string, where?: string): void {
    const bytes = Buffer.byteLength(body);
    if (bytes <= maxBodyBytes) return;
    throw new UserError(`the body has ${bytes} bytes, and GitHub takes no more than ${maxBodyBytes} safely`, {
        where,
        fix: "shorten it; what is whole belongs in an artifact of the run",
    });
}
