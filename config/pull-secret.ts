import { secretPlaceholder } from "./secret";
import type { PlatformConfig } from "./schema";

/** Key of the `credentials` by which a stack gives the login. */
export const pullCredential = "images.pullSecret";

/** A login to the registry of the images, as a Secret of each namespace. */
export interface PullSecret {
    /** Name of the Secret. */
    name: string;
    /** Contents of it, Docker's config.json; absent for one that others put there. */
    content?: string;
}

/** The login that a stack's config gives or names. */
export function pullSecretOf({
    images,
    credentials = {},
}: Pick<PlatformConfig, "images" | "credentials">): PullSecret | undefined {
    const content = credentials[pullCredential];
    if (content !== undefined) return { name: "image-pull", content };
    return images.pullSecret === undefined ? undefined : { name: images.pullSecret };
}

/** Reason why a text is no login that a kubelet can use; the text itself is never quoted. */
export function pullSecretProblem(text: string, registries: string[]): string | undefined {
    if (text === secretPlaceholder) return undefined;
    const make =
        "make one with `docker --config <new folder> login <registry>`, and set the file config.json of that folder";
    let auths: unknown;
    try {
        auths = (JSON.parse(text) as { auths?: unknown } | null)?.auths;
    } catch {
        return `must be the JSON of Docker's config.json, and is none; ${make}`;
    }
    if (typeof auths !== "object" || auths === null || Array.isArray(auths))
        return `must be Docker's config.json, with its logins under "auths", which isn't there; ${make}`;
    const logins = Object.entries(auths as Record<string, unknown>).filter(([, login]) => hasLogin(login));
    // Docker on a desktop keeps the logins elsewhere, and leaves the names.
    if (logins.length === 0)
        return `has no login under "auths": Docker has it in its keychain (credsStore), which no node can ask; ${make} where Docker has no credsStore, or \`kubectl create secret docker-registry x --dry-run=client -o jsonpath='{.data.\\.dockerconfigjson}' … | base64 -d\``;
    const hosts = logins.map(([address]) => hostOf(address));
    const wanted = registries.map(hostOf);
    return wanted.some((host) => hosts.includes(host))
        ? undefined
        : `has logins for ${hosts.join(", ")}, and images are pulled from ${[...new Set(wanted)].join(", ")}`;
}

function hasLogin(login: unknown): boolean {
    if (typeof login !== "object" || login === null) return false;
    const { auth, username, password, identitytoken } = login as Record<string, unknown>;
    return [auth, identitytoken, username && password].some((each) => typeof each === "string" && each !== "");
}

/** Registry of an address as Docker writes it: `https://index.docker.io/v1/`, `ghcr.io/acme`. */
function hostOf(address: string): string {
    const [host] = address.replace(/^https?:\/\//, "").split("/");
    return ["index.docker.io", "registry-1.docker.io"].includes(host) ? "docker.io" : host;
}
