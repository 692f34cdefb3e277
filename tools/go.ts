import { rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { UserError } from "../lib/errors";
import { run } from "../lib/exec";
import { cacheDir } from "../lib/paths";

/**
 * Go's caches for one set of programs. Each set has its own, so that its gigabytes can go as soon as it is built; what two
 * sets share is little, because each pins its own versions.
 */
export const goCaches = (set: string) => ({
    modules: join(cacheDir(), "go", set, "modules"),
    build: join(cacheDir(), "go", set, "build"),
});

export interface Go {
    /** The go command. */
    path: string;
    /** Its GOROOT. */
    root: string;
    /** E.g. `go1.26.8`. */
    version: string;
}

let found: Promise<Go> | undefined;

/** The machine's Go. */
export function findGo(): Promise<Go> {
    return (found ??= lookForGo());
}

async function lookForGo(): Promise<Go> {
    const usual = "/usr/local/go/bin/go";
    const candidates = ["go", ...(existsSync(usual) ? [usual] : [])];
    for (const path of candidates) {
        const answer = await run(path, ["env", "GOROOT", "GOVERSION"], { env: { GOTOOLCHAIN: "local" } }).catch(
            () => undefined,
        );
        const [root, version] = answer?.stdout.split("\n") ?? [];
        if (root && version) return { path, root, version };
    }
    throw new UserError("Go is not installed; the sandbox's Kubernetes is built from pinned Go modules", {
        where: `PATH and ${usual}`,
        allowed: "Go 1.26.6 or newer",
        fix: "install Go (https://go.dev/doc/install) and put its bin directory in PATH",
    });
}

/** The environment of a build that depends on nothing but the module's files. */
export function goEnvironment(set: string, cgo: boolean): Record<string, string> {
    return {
        GOMODCACHE: goCaches(set).modules,
        GOCACHE: goCaches(set).build,
        GOTOOLCHAIN: "local",
        GOFLAGS: "-mod=readonly",
        GOWORK: "off",
        GOOS: "linux",
        GOARCH: process.arch === "x64" ? "amd64" : process.arch,
        CGO_ENABLED: cgo ? "1" : "0",
    };
}

/** Throws the caches of a set away; the next build of it downloads and compiles what it needs again. */
export async function removeGoCaches(set: string): Promise<void> {
    if (existsSync(goCaches(set).modules)) {
        // The module cache is read-only on purpose; only Go itself removes it without a fight.
        await run((await findGo()).path, ["clean", "-modcache"], { env: goEnvironment(set, false) });
    }
    await rm(join(cacheDir(), "go", set), { recursive: true, force: true });
}
