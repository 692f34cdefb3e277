import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The root of the checkout. */
export const repoRoot = resolve(__dirname, "..");

/** Directory of built binaries and images, kept between checkouts. `DATA_PLATFORM_CACHE` moves it. */
export function cacheDir(): string {
    return (
        process.env.DATA_PLATFORM_CACHE ??
        join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "data-platform")
    );
}

/** Everything that the running sandbox owns: keys, etcd, container root, volumes, logs. `DATA_PLATFORM_SANDBOX_DIR` moves it. */
export function stateDir(): string {
    return process.env.DATA_PLATFORM_SANDBOX_DIR ?? "/var/lib/data-platform-sandbox";
}

/** Directory of what a run leaves in the checkout for people and tools (summary.json); not in git. */
export const outputDir = join(repoRoot, ".sandbox");
