import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { RunError } from "@pulumi/pulumi";

import { type Problem } from "./errors";

/** Digests of images that were built and pushed, by whole name without digest: `ghcr.io/acme/data-platform/kafka:4.3.1-0123456789ab`. */
export type ImageDigests = Record<string, string>;

/** The variable that names the file of digests, before `images.digests` of the stack: what a workflow has just built. */
export const digestsVariable = "DATA_PLATFORM_IMAGE_DIGESTS";

/** Form of a digest, as registries and container engines have it. */
export const digestPattern = /^sha256:[0-9a-f]{64}$/;

const namePattern = /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)+:[\w][\w.-]{0,127}$/;
const allowed = 'a JSON object of "registry/path:tag": "sha256:…", as `make images PUSH=1 DIGESTS=<file>` writes it';

/** Path of a file of digests. Relative paths count from the project. */
export function digestsPath(file: string): string {
    return resolve(__dirname, "..", file);
}

/**
 * The digests in a file, and what is wrong with it.
 *
 * @returns no digests where there are problems
 */
export function readDigests(file: string): { digests: ImageDigests; problems: string[] } {
    const none = (...problems: string[]) => ({ digests: {}, problems });
    let text: string;
    try {
        text = readFileSync(digestsPath(file), "utf8");
    } catch (error) {
        const { code = String(error) } = error as NodeJS.ErrnoException;
        return none(
            code === "ENOENT"
                ? `there is no file ${file}; \`make images PUSH=1 DIGESTS=${file}\` with the stack's name as STACK writes it`
                : `${file} can't be read (${code})`,
        );
    }
    let parsed: unknown;
    try {
        parsed = JSON.parse(text);
    } catch {
        return none(`${file} is no JSON; allowed: ${allowed}`);
    }
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
        return none(`${file} holds no digests; allowed: ${allowed}`);
    }
    const entries = Object.entries(parsed as Record<string, unknown>);
    const problems = entries.flatMap(([name, digest]) => [
        ...(namePattern.test(name) ? [] : [`${file}: "${name}" is no image's name with a tag`]),
        ...(typeof digest === "string" && digestPattern.test(digest)
            ? []
            : [`${file}: ${name} has no digest (sha256: and 64 hexadecimal digits)`]),
    ]);
    if (problems.length > 0) return none(...problems);
    return { digests: Object.fromEntries(entries) as ImageDigests, problems };
}

/** Problems of the file that `images.digests` names. */
export function digestRules({ images: { digests } }: { images: { digests?: string } }): Problem[] {
    if (digests === undefined) return [];
    return readDigests(digests).problems.map((message) => ({ key: "images.digests", message }));
}

/**
 * The name by which an image is pulled: with the digest that its build recorded.
 *
 * @param ref whole name with a tag
 * @throws RunError when the file lacks it: a tag alone says what an image should hold, not what it holds
 */
export function withDigest(ref: string, file: string): string {
    const { digests, problems } = readDigests(file);
    if (problems.length > 0) throw new RunError(problems.join("\n"));
    if (!Object.hasOwn(digests, ref)) {
        throw new RunError(
            [
                `the image ${ref} has no digest`,
                `  where:   ${file} (images.digests of the stack, or ${digestsVariable})`,
                `  fix:     build and push what has changed: make images STACK=<stack> PUSH=1 DIGESTS=${file}`,
            ].join("\n"),
        );
    }
    return `${ref}@${digests[ref]}`;
}

/** A stack's own settings, with the file that the environment names in place of the one in `images.digests`. */
export function withDigestsFile(
    raw: Record<string, unknown>,
    env: NodeJS.ProcessEnv = process.env,
): Record<string, unknown> {
    const file = env[digestsVariable]?.trim();
    const { images } = raw;
    if (!file || typeof images !== "object" || images === null) return raw;
    return { ...raw, images: { ...images, digests: file } };
}
