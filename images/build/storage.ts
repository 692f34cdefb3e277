import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

import { terminateWorkers } from "../../lib/processes";
import { patiently, run, type RunOptions, type RunResult } from "../../lib/exec";
import { cacheDir } from "../../lib/paths";
import { unmountUnder } from "./mounts";

/** Directory of finished images, one OCI archive each. */
export const archiveDir = () => join(cacheDir(), "images");

/** Held by whoever builds images with buildah: all share one storage, which is wiped before and after. */
export const imageLock = () => join(cacheDir(), "images.lock");

/**
 * buildah with a storage of its own, so that nothing of the user's is seen or touched. The storage lives only as long as a
 * build: what is worth keeping is kept as archives, which take a fraction of its space.
 */
export class Storage {
    private readonly dir = join(cacheDir(), "buildah");

    /** Runs buildah. */
    async buildah(args: string[], options: RunOptions = {}): Promise<RunResult> {
        const own = [
            "--root",
            join(this.dir, "root"),
            "--runroot",
            join(this.dir, "run"),
            "--storage-driver",
            "overlay",
        ];
        return run("buildah", [...own, ...args], {
            ...patiently(),
            ...options,
            env: {
                // Needs no container runtime, and the network of RUN is the host's.
                BUILDAH_ISOLATION: "chroot",
                STORAGE_DRIVER: "overlay",
                TMPDIR: join(this.dir, "tmp"),
                ...options.env,
            },
        });
    }

    /** Begins with nothing, whatever a killed build has left. */
    async open(): Promise<void> {
        await this.wipe();
        await mkdir(join(this.dir, "tmp"), { recursive: true });
    }

    /** Removes everything. */
    async wipe(): Promise<void> {
        if (!existsSync(this.dir)) return;
        await terminateWorkers(this.dir, ["buildah"]);
        await unmountUnder(this.dir);
        await rm(this.dir, { recursive: true, force: true });
    }
}

/** The host's bundle of CAs, for a build behind a proxy that has its own. */
export async function hostAuthorities(): Promise<string | undefined> {
    const path = process.env.SSL_CERT_FILE ?? "/etc/ssl/certs/ca-certificates.crt";
    return readFile(path).then(
        () => path,
        () => undefined,
    );
}
