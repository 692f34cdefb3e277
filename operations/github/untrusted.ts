import { constants } from "node:fs";
import { open } from "node:fs/promises";

import { UserError } from "../../lib/errors";
import { checkSize, hasMarker, marker as markerLine, maxBodyBytes } from "./marker";
import { harmless } from "./sanitise";

/** A body that somebody else's program wrote. */
export interface UntrustedBody {
    body: string;
    /** Lines that had to be changed; none in what the project's own program writes. */
    changed: number;
}

/**
 * Reads a comment that a fork's own code made, so that nothing in it can reach further than its text: it is one plain file of
 * bounded size, begins with the marker, links nowhere but into the repository, mentions nobody and has no HTML but a few tags.
 * What the project's own program writes comes through as it is; if anything had to be changed, the comment says so.
 *
 * @param pages where links may lead, e.g. `https://github.com/acme/data-platform`
 * @throws UserError when it isn't such a file
 */
export async function readUntrusted(path: string, marker: string, pages: string): Promise<UntrustedBody> {
    const text = decoded(await readCapped(path), path);
    if (!hasMarker(text, marker)) {
        throw new UserError("the artifact is not the comment that it should be", {
            where: path,
            allowed: `a file whose first line is ${markerLine(marker)}`,
            fix: "see the run that made it; a pull request that changes how the comment is made shows it there only",
        });
    }
    const rest = text.replace(/^[^\n]*\n?/, "");
    const { text: safe, changed } = harmless(rest, pages);
    const body = [markerLine(marker), ...(changed > 0 ? [warning(changed), ""] : []), safe].join("\n");
    checkSize(body, path);
    return { body, changed };
}

const warning = (lines: number) =>
    "> [!WARNING]\n> This was made by the pull request's own code. The project's program would not have written " +
    `${lines === 1 ? "one line" : `${lines} lines`} of it like that, which had to be made harmless; don't rely on the rest.`;

/** At most one byte more than is allowed is read, and no link is followed: an unpacked artifact may hold one. */
async function readCapped(path: string): Promise<Buffer> {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
        (error: NodeJS.ErrnoException) => {
            if (error.code === "ENOENT") {
                throw new UserError("the artifact has no such file", {
                    where: path,
                    fix: "see the run that should have made it",
                });
            }
            throw new UserError(`the artifact can't be read (${error.code ?? error.message})`, {
                where: path,
                allowed: "a plain file, no link",
            });
        },
    );
    try {
        if (!(await file.stat()).isFile())
            throw new UserError("the artifact is no plain file", { where: path, allowed: "a plain file" });
        const buffer = Buffer.alloc(maxBodyBytes + 1);
        let length = 0;
        for (;;) {
            const { bytesRead } = await file.read(buffer, length, buffer.length - length);
            if (bytesRead === 0) break;
            length += bytesRead;
        }
        if (length > maxBodyBytes) {
            throw new UserError(`the artifact has more than ${maxBodyBytes} bytes`, {
                where: path,
                fix: "see the run that made it",
            });
        }
        return buffer.subarray(0, length);
    } finally {
        await file.close();
    }
}

function decoded(bytes: Buffer, where: string): string {
    try {
        return new TextDecoder("utf-8", { fatal: true }).decode(bytes).replace(/\r\n?/g, "\n");
    } catch {
        throw new UserError("the artifact is no text", { where, allowed: "UTF-8" });
    }
}
