import { createHash } from "node:crypto";

import { UserError, type UserErrorDetails } from "../../lib/errors";
import { loginAt } from "./login";
import { parseReference } from "./reference";

/** Media types that a tag may stand for; lists of platforms before single images, so that the digest is the one for all of them. */
const mediaTypes = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** Milliseconds that one answer may take. */
const timeoutMs = 30_000;

/** Docker's own registry answers at another address than the one in its images' names. */
const hosts: Record<string, string> = { "docker.io": "registry-1.docker.io" };

/** A registry gave no digest. */
export class NoDigest extends UserError {
    constructor(
        message: string,
        details: UserErrorDetails,
        /** Status of its answer, as of HTTP. Absent: it can't be reached. */
        readonly status?: number,
    ) {
        super(message, details);
    }
}

/**
 * The digest that a registry has for a tag, asked for by the login that Docker or Podman has there, else without an account.
 *
 * @throws NoDigest when the registry can't be reached, doesn't know the tag, or wants a sign-in
 */
export async function digestOf(image: string): Promise<string> {
    const { registry, path, tag = "latest", digest } = parseReference(image);
    const url = `${protocolOf(registry)}://${hosts[registry] ?? registry}/v2/${path}/manifests/${digest ?? tag}`;
    const head = await signedIn(url, "HEAD", image);
    const told = head.headers.get("docker-content-digest");
    if (told) return checked(told, image);
    // A registry needn't tell it; then it is the checksum of what the tag stands for.
    const whole = await signedIn(url, "GET", image);
    const body = Buffer.from(await whole.arrayBuffer());
    return `sha256:${createHash("sha256").update(body).digest("hex")}`;
}

/** The image of one platform in a list of them. */
export interface PlatformImage {
    /** As in `linux/arm64`; a variant is left out. */
    platform: string;
    digest: string;
}

/**
 * The images that a tag or a digest stands for, by platform.
 *
 * @returns nothing where it stands for a single image, which doesn't say its platform here
 * @throws NoDigest as digestOf does
 */
export async function platformsOf(image: string): Promise<PlatformImage[] | undefined> {
    const { registry, path, tag = "latest", digest } = parseReference(image);
    const url = `${protocolOf(registry)}://${hosts[registry] ?? registry}/v2/${path}/manifests/${digest ?? tag}`;
    const answer = (await (await signedIn(url, "GET", image)).json()) as {
        manifests?: { digest: string; platform?: { os: string; architecture: string } }[];
    };
    return answer.manifests?.flatMap(({ platform, digest }) =>
        // What is attested of an image stands beside it as "unknown/unknown".
        platform && platform.os !== "unknown" ? [{ platform: `${platform.os}/${platform.architecture}`, digest }] : [],
    );
}

/** A registry on this machine, such as kind's, speaks plain HTTP. */
export function protocolOf(registry: string): "http" | "https" {
    return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(registry) ? "http" : "https";
}

/** An answer of a registry; where it first wants a token, as most do of strangers too, one is fetched. */
async function signedIn(url: string, method: "HEAD" | "GET", image: string): Promise<Response> {
    const ask = (authorization?: string) =>
        reach(url, image, { method, headers: { accept: mediaTypes, ...(authorization ? { authorization } : {}) } });
    const first = await ask();
    const challenge = first.status === 401 ? first.headers.get("www-authenticate") : undefined;
    const answer = challenge ? await ask(await authorizationFor(challenge, image)) : first;
    if (answer.ok) return answer;
    throw new NoDigest(
        `${image} has no digest: ${meaning(answer.status)}`,
        {
            where: url,
            fix: "check the name and the tag; of a registry that wants a sign-in the digest stays null",
        },
        answer.status,
    );
}

function meaning(status: number): string {
    if (status === 404) return "the registry doesn't know it";
    if (status === 401 || status === 403) return `the registry wants a sign-in (${status})`;
    if (status === 429) return "the registry answers no more questions for now (429)";
    return `the registry answers ${status}`;
}

/** Answers a registry's challenge: by a token, fetched from where it says, or by name and password themselves. */
async function authorizationFor(challenge: string, image: string): Promise<string | undefined> {
    const { registry } = parseReference(image);
    const login = await loginAt(registry);
    if (/^basic\b/i.test(challenge)) return login;
    const said = Object.fromEntries(
        [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]): [string, string] => [key, value]),
    );
    if (!/^bearer /i.test(challenge) || !said.realm) return undefined;
    const url = new URL(said.realm);
    for (const key of ["service", "scope"]) if (said[key]) url.searchParams.set(key, said[key]);
    // Name and password go no way that others can read.
    const sent = url.protocol === "https:" || protocolOf(registry) === "http" ? login : undefined;
    const answer = await reach(url.href, image, sent ? { headers: { authorization: sent } } : {});
    if (!answer.ok) return undefined;
    const { token, access_token: other } = (await answer.json()) as { token?: string; access_token?: string };
    return (token ?? other) && `Bearer ${token ?? other}`;
}

async function reach(url: string, image: string, init: RequestInit): Promise<Response> {
    try {
        return await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) });
    } catch (error) {
        const { cause, message } = error as Error;
        throw new NoDigest(`${image} has no digest: ${new URL(url).host} can't be reached`, {
            where: url,
            evidence: [cause instanceof Error ? cause.message || String((cause as { code?: string }).code) : message],
        });
    }
}

function checked(digest: string, image: string): string {
    if (/^sha256:[0-9a-f]{64}$/.test(digest)) return digest;
    throw new UserError(`${image} has no digest: the registry says "${digest.slice(0, 100)}"`, {
        allowed: "sha256: and 64 hexadecimal digits",
    });
}
