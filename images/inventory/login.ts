import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** Docker's own registry is called this in logins. */
const names: Record<string, string> = { "docker.io": "https://index.docker.io/v1/" };

/**
 * The login that `docker login` or `podman login` left for a registry, as a header. One that a helper program keeps isn't read: then
 * the registry is asked as by a stranger.
 */
export async function loginAt(registry: string, env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
    const files = [
        env.REGISTRY_AUTH_FILE,
        join(env.DOCKER_CONFIG || join(env.HOME || homedir(), ".docker"), "config.json"),
        env.XDG_RUNTIME_DIR && join(env.XDG_RUNTIME_DIR, "containers", "auth.json"),
    ];
    for (const file of files) {
        const found = file ? await authIn(file, registry) : undefined;
        if (found) return `Basic ${found}`;
    }
    return undefined;
}

async function authIn(file: string, registry: string): Promise<string | undefined> {
    try {
        const { auths = {} } = JSON.parse(await readFile(file, "utf8")) as {
            auths?: Record<string, { auth?: unknown }>;
        };
        const { auth } = auths[registry] ?? auths[`https://${registry}`] ?? auths[names[registry] ?? ""] ?? {};
        return typeof auth === "string" && /^[A-Za-z0-9+/]+=*$/.test(auth) ? auth : undefined;
    } catch {
        // Not there, or nothing that could be read: nobody is signed in.
        return undefined;
    }
}
